import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { judgeFrom } from "../sensor-run.ts";

const corpus = new URL("../../../shared/captures/", import.meta.url).pathname;
const ORACLE_SUFFIX = ".oracle.tsv";
/** Long captures say nothing more of forms than short ones. */
const MAX_FRAMES = 200;
const ENCLAVE = `
gapwatch: 1
enclave:
  name: corpus
  inside: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "fd00::/8"]
  resolvers: [10.0.0.138]
`;

type Frame = { readonly linkType: number };
type Forms = Readonly<Record<string, (frame: Frame) => Frame>>;
interface LinkForms {
  readonly LINK_FORMS: Forms;
  readonly IP_FORMS: Forms;
  framesOf(path: string): Promise<Frame[]>;
  inForm(frames: readonly Frame[], form: (frame: Frame) => Frame, isOfIp: boolean): Frame[];
  factsOf(frames: readonly Frame[], judge: unknown): string[];
}

// Built by `build:modules`, like all that the corpus is replayed with.
const { LINK_FORMS, IP_FORMS, framesOf, inForm, factsOf } = (await import(
  new URL("link-forms.mjs", import.meta.url).pathname
)) as LinkForms;

const judge = judgeFrom(ENCLAVE);
const captures: { readonly path: string; readonly frames: Frame[]; readonly facts: string[] }[] = [];

/** What a well-formed frame says is the same on every link: of others each link says in its own way what is wrong. */
function isSound(path: string): boolean {
  const file = readFileSync(corpus + path + ORACLE_SUFFIX, "utf8")
    .split("\n")
    .find((line) => line.startsWith("FILE\t"));
  const [malformed, truncated] = file?.split("\t").slice(4, 6) ?? [];
  return malformed === "0" && truncated === "0";
}

describe.skipIf(!existsSync(corpus))("captures as another link has them", () => {
  beforeAll(async () => {
    const oracles = readdirSync(corpus, { recursive: true, encoding: "utf8" });
    for (const oracle of oracles.filter((path) => path.endsWith(ORACLE_SUFFIX)).sort()) {
      const path = oracle.slice(0, -ORACLE_SUFFIX.length);
      if (!isSound(path)) continue;
      const frames = await framesOf(corpus + path);
      if (frames.length > MAX_FRAMES || !frames.some(({ linkType }) => linkType === 1)) continue;
      captures.push({ path, frames, facts: factsOf(frames, judge) });
    }
  });

  it("are many", () => {
    expect(captures.length).toBeGreaterThan(300);
    expect(captures.flatMap(({ facts }) => facts).length).toBeGreaterThan(3000);
  });

  const forms = [
    ...Object.entries(LINK_FORMS).map(([name, form]) => ({ name, form, isOfIp: false })),
    ...Object.entries(IP_FORMS).map(([name, form]) => ({ name, form, isOfIp: true })),
  ];
  it.each(forms)("say the same: $name", ({ form, isOfIp }) => {
    for (const { path, frames, facts } of captures) {
      expect(factsOf(inForm(frames, form, isOfIp), judge), path).toEqual(facts);
    }
  });
});
