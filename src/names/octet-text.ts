/** The octets that were asked for last, whole: a batch of frames is one buffer, and making a Buffer costs more than a text. */
let whole: Buffer = Buffer.alloc(0);

/** The octets view[at, end) as a text of as many characters (ISO 8859-1): nothing is lost, whatever they are. */
export function latin1(view: DataView, at: number, end: number): string {
  if (whole.buffer !== view.buffer) whole = Buffer.from(view.buffer);
  return whole.toString("latin1", view.byteOffset + at, view.byteOffset + end);
}
