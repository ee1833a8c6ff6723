import { describe, expect, it } from "vitest";
import { INNOCENT, TOKENS, UTTERANCES, type Uttered } from "../../bench/detect/credentials.ts";
import { Random } from "../../bench/detect/random.ts";
import { AGENT, enclave, GPU, OUTSIDE, Scene } from "../scene.ts";

const SEED = 20261120;
const octets = (text: string): Buffer => Buffer.from(text, "latin1");

function says(scene: Scene, from: string, to: string, port: number, parts: readonly string[]): Scene {
  return scene.talks(from, to, port, (talk) => {
    talk.open();
    for (const part of parts) talk.client(octets(part));
    talk.close();
  });
}

function secretsIn(scene: Scene, file?: string) {
  return scene.seen(file).findings.filter(({ kind }) => kind === "secret.cleartext");
}

const uttered = (name: string): Uttered => UTTERANCES[name](new Random(SEED));

describe("credentials on their way out", () => {
  for (const name of Object.keys(UTTERANCES)) {
    it(`are found and not repeated: ${name}`, () => {
      const { says: parts, secret, kind, port } = uttered(name);
      const seen = says(new Scene(), GPU, OUTSIDE, port, parts).seen();
      const found = seen.findings.filter((finding) => finding.kind === "secret.cleartext");
      expect(found.map(({ severityName, attempts }) => [severityName, attempts])).toEqual([["critical", 1]]);
      expect(found[0].details).toHaveLength(1);
      expect(found[0].details[0]).toMatch(
        new RegExp(`^${kind}( \\.\\.\\..{4})?, fingerprint [0-9a-f]{3,12}$`),
      );
      expect(JSON.stringify(seen)).not.toContain(secret);
    });
  }

  for (const name of Object.keys(INNOCENT)) {
    it(`are not seen where there are none: ${name}`, () => {
      const parts = INNOCENT[name](new Random(SEED));
      expect(secretsIn(says(new Scene(), GPU, OUTSIDE, 80, parts))).toEqual([]);
    });
  }

  it("show the last four characters of tokens, and no more than that of passwords", () => {
    const token = uttered("GitHub token in a body");
    const found = secretsIn(says(new Scene(), GPU, OUTSIDE, 80, token.says));
    expect(found[0].details[0]).toContain(`GitHub token ...${token.secret.slice(-4)}, fingerprint `);
    const password = uttered("FTP");
    const [{ details }] = secretsIn(says(new Scene(), GPU, OUTSIDE, 21, password.says));
    expect(details[0]).toMatch(/^password in a PASS command, fingerprint [0-9a-f]{3}$/);
  });

  it("have one fingerprint in every run, and another at another site", () => {
    const { says: parts } = uttered("HTTP Bearer");
    const detail = (file?: string) => secretsIn(says(new Scene(), GPU, OUTSIDE, 80, parts), file)[0].details;
    expect(detail()).toEqual(detail());
    expect(detail()).not.toEqual(detail(enclave().replace("name: test", "name: other")));
  });

  it("are one finding a destination, named as the flow names it", () => {
    const scene = new Scene();
    for (const name of ["HTTP Bearer", "a header of its own", "HTTP Bearer"]) {
      says(scene, GPU, OUTSIDE, 80, uttered(name).says);
    }
    const found = secretsIn(scene);
    expect(
      found.map(({ destination, attempts, details }) => [destination, attempts, details.length]),
    ).toEqual([["api.example.net", 3, 2]]);
  });

  it("are found behind as many as are told of one segment", () => {
    const decoys = Array.from({ length: 16 }, (_, n) => `pwd=decoy${n}&`).join("");
    const head = "POST / HTTP/1.1\r\nHost: api.example.net\r\nContent-Length: 9999\r\n\r\n";
    const [found] = secretsIn(
      says(new Scene(), GPU, OUTSIDE, 80, [head + decoys, `pwd=the-real-one&${"a=b&".repeat(20)}`]),
    );
    expect(found).toMatchObject({ attempts: 17 });
    expect(found.details).toHaveLength(17);
  });

  it("count toward a destination that a rule allows", () => {
    const scene = says(new Scene(), GPU, OUTSIDE, 80, uttered("HTTP Basic").says).works();
    const seen = scene.seen(enclave([`id: gate, to: [${OUTSIDE}]`]));
    expect(seen.findings.map(({ kind, severityName }) => [kind, severityName])).toEqual([
      ["secret.cleartext", "critical"],
    ]);
    expect(seen.verdict).toBe("reachback");
  });

  it("count through a proxy inside", () => {
    const { says: parts } = uttered("HTTP Bearer");
    const proxied = parts[0].replace("GET /", "GET http://api.example.net/");
    const found = secretsIn(says(new Scene(), GPU, "10.20.5.80", 3128, [proxied]));
    expect(found.map(({ severityName, destination }) => [severityName, destination])).toEqual([
      ["critical", "api.example.net"],
    ]);
  });

  it("are for information between inside hosts", () => {
    const scene = says(new Scene(), GPU, AGENT, 80, uttered("HTTP Basic").says);
    const seen = scene.seen();
    expect(seen.findings.map(({ kind, severityName }) => [kind, severityName])).toContainEqual([
      "secret.cleartext",
      "info",
    ]);
    expect(seen.verdict).not.toBe("reachback");
  });

  it("are not looked for in what comes in", () => {
    const { says: parts } = uttered("GitHub token in a body");
    const scene = new Scene().talks(GPU, OUTSIDE, 80, (talk) => {
      talk.open();
      talk.client("GET / HTTP/1.1\r\nHost: api.example.net\r\n\r\n");
      talk.server(octets(parts[0].replace(/^POST[^\n]*/, "HTTP/1.1 200 OK\r")));
    });
    expect(secretsIn(scene)).toEqual([]);
  });

  it("are found in names that are asked, and hidden there", () => {
    for (const kind of ["AWS access key id", "GitHub token", "Hugging Face token", "Anthropic API key"]) {
      const secret = TOKENS[kind](new Random(SEED));
      const labels = secret.match(/.{1,60}/g)?.join(".");
      const seen = new Scene().asks(GPU, `x.${labels}.example.com`, { answer: [OUTSIDE] }).seen();
      const text = JSON.stringify(seen).toLowerCase();
      expect(text).not.toContain(secret.slice(0, 30).toLowerCase());
      const [found] = seen.findings.filter((finding) => finding.kind === "secret.cleartext");
      expect(found).toMatchObject({ destination: "example.com", severityName: "critical", port: 53 });
      expect(found.details[0]).toContain(`${kind} ...${secret.slice(-4)}`);
      expect(seen.findings.map(({ destination }) => destination)).toContain(
        "x.hidden-credential.example.com",
      );
    }
  });

  it("are hidden in the names of TLS, and told of", () => {
    const secret = TOKENS["AWS access key id"](new Random(SEED));
    const seen = new Scene().tls(GPU, OUTSIDE, `${secret}.t.example.com`).seen();
    expect(JSON.stringify(seen).toLowerCase()).not.toContain(secret.toLowerCase());
    const [found] = seen.findings.filter((finding) => finding.kind === "secret.cleartext");
    expect(found).toMatchObject({
      destination: "hidden-credential.example.com",
      details: ["credential in a server name"],
    });
  });

  it("are bounded in memory, and told when too many connections had to be followed", () => {
    const scene = new Scene();
    for (let i = 0; i < 3; i++) says(scene, GPU, OUTSIDE, 80, ["GET / HTTP/1.1\r\n"]);
    expect(scene.seen().coverage["table.secrets_full"]).toBe(0);
  });
});
