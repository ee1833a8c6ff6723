import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Evidence } from "./evidence.ts";
import { makeFolder } from "./make-folder.ts";
import {
  EVIDENCE,
  hashFiles,
  listFiles,
  ReportFilesError,
  SIGNATURE,
  SIGNER,
  SUMS,
  sha256Of,
  sumsText,
} from "./report-files.ts";
import type { FileSigningKey } from "./signing-key.ts";

/** Packets of findings while the run lasts. */
const COLLECTED = ".collected";
/** First packets of one finding, octets of its file, octets of all files. */
const LIMITS = { packets: 32, fileBytes: 256 * 1024, totalBytes: 256 * 1024 * 1024 };

/** A finding with the ids that its packets may lie under. */
export interface EvidenceOwner {
  readonly id: string;
  readonly aliases: readonly string[];
}

export interface EvidenceEntry {
  readonly finding: string;
  readonly file: string;
  readonly sha256: string;
}

/** Writes the files of a report: evidence first, the list of hashes and its signature last. */
export class ReportWriter {
  /** Takes the packets of findings while the run lasts. */
  readonly evidence: Evidence;
  /** Why evidence is not whole, null where it is. */
  trouble: string | null = null;
  private readonly directory: string;

  /**
   * Makes the directory. Throws ReportFilesError where it holds anything but an earlier report that is as it
   * was written (which `finish` replaces), and what writing throws.
   */
  constructor(directory: string) {
    this.directory = directory;
    makeFolder(directory);
    rmSync(join(directory, COLLECTED), { recursive: true, force: true }); // of a run that was killed
    if (readdirSync(directory).length > 0 && !isIntactReport(directory)) {
      throw new ReportFilesError("holds something else than an earlier report: name a new directory");
    }
    mkdirSync(join(directory, COLLECTED), { mode: 0o700 });
    this.evidence = new Evidence(join(directory, COLLECTED), {
      alarm: (_, message) => {
        this.trouble = message ?? this.trouble;
      },
      deleted: () => {
        this.trouble = "there were more packets than are kept";
      },
      limits: LIMITS,
    });
  }

  /** Puts the packets of each finding into its file, those that it had under other ids before. */
  writeEvidence(findings: readonly EvidenceOwner[]): EvidenceEntry[] {
    this.evidence.flush();
    this.removeEarlier();
    const entries: EvidenceEntry[] = [];
    for (const { id, aliases } of findings) {
      const octets = this.collected([...aliases, id]);
      if (octets.length === 0) continue;
      const file = `${EVIDENCE}/${id}.pcapng`;
      makeFolder(join(this.directory, EVIDENCE));
      writeFileSync(join(this.directory, file), octets);
      entries.push({ finding: id, file, sha256: sha256Of(octets) });
    }
    return entries;
  }

  /** Writes the files of the report, by name, and closes it with the list of hashes and its signature. */
  finish(files: ReadonlyMap<string, string | Uint8Array>, key: FileSigningKey | null): void {
    for (const [name, content] of files) writeFileSync(join(this.directory, name), content);
    if (key !== null) writeFileSync(join(this.directory, SIGNER), key.publicPem);
    this.abandon();
    const sums = Buffer.from(sumsText(hashFiles(this.directory)));
    writeFileSync(join(this.directory, SUMS), sums);
    if (key !== null) writeFileSync(join(this.directory, SIGNATURE), key.signFile(sums));
  }

  /** Takes away what was collected. */
  abandon(): void {
    rmSync(join(this.directory, COLLECTED), { recursive: true, force: true });
  }

  private collected(ids: readonly string[]): Buffer {
    const parts: Buffer[] = [];
    let bytes = 0;
    for (const id of ids) {
      const path = join(this.directory, COLLECTED, `${id}.pcapng`);
      if (!existsSync(path)) continue;
      const part = readFileSync(path);
      if (bytes > 0 && bytes + part.length > LIMITS.fileBytes) break;
      parts.push(part); // sections follow one another in a pcapng
      bytes += part.length;
    }
    return Buffer.concat(parts);
  }

  private removeEarlier(): void {
    for (const name of listFiles(this.directory)) {
      if (name !== COLLECTED) rmSync(join(this.directory, name));
    }
    rmSync(join(this.directory, EVIDENCE), { recursive: true, force: true });
  }
}

/** Whether all that lies here is a report as it was written. */
function isIntactReport(directory: string): boolean {
  const path = join(directory, SUMS);
  return existsSync(path) && readFileSync(path, "utf8") === sumsText(hashFiles(directory));
}
