/** A notice for people, on stderr: stdout carries the result alone. */
export function say(line: string): void {
  process.stderr.write(`gapwatch: ${line}\n`);
}
