declare module "pcap-parser" {
  interface PcapParserPacket {
    header: { timestampSeconds: number; timestampMicroseconds: number; originalLength: number };
    data: Buffer;
  }
  interface PcapParser {
    on(event: "packet", listener: (packet: PcapParserPacket) => void): this;
    on(event: "end", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
  }
  export function parse(path: string): PcapParser;
}
