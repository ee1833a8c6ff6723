import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemMessage } from "../../capture/system-message.ts";
import type { Evidence } from "../../records/evidence.ts";
import { LIES_BESIDE, ReportFilesError } from "../../records/report-files.ts";
import { ReportWriter } from "../../records/report-writer.ts";
import { type FileSigningKey, loadSigningKey } from "../../records/signing-key.ts";
import { resolveStatePaths } from "../../records/state-paths.ts";
import { reportFiles } from "../../report/report-forms.ts";
import type { Report } from "../../report/validation-shape.ts";
import type { EnclaveFile } from "../enclave-option.ts";
import { say } from "../say.ts";

/** The catalogue files that the enclave file names: without them it cannot be loaded from the report. */
function ownCatalogues({ path, policy }: EnclaveFile): [name: string, octets: Buffer][] {
  const names = policy.catalogue.filter((name) => LIES_BESIDE.test(name));
  return names.map((name) => [name, readFileSync(join(dirname(path), name))]);
}

/** A report that cannot be written. The message is for people. */
export class ReportOutputError extends Error {}

/** Where a report goes: a directory that a run begins with and ends by filling. */
export class ReportOutput {
  private readonly path: string;
  private readonly writer: ReportWriter;
  private readonly key: FileSigningKey | null;

  /** Throws ReportOutputError, and KeyError where there is a key that cannot be used. */
  constructor(path: string, state: string | undefined) {
    this.path = path;
    this.key = loadSigningKey(resolveStatePaths(state).keys);
    this.writer = this.attempt(() => new ReportWriter(path));
  }

  get evidence(): Evidence {
    return this.writer.evidence;
  }

  /** Writes the report in all its forms. Returns it as it was written. */
  write(report: Report, enclave: EnclaveFile): Report {
    return this.attempt(() => {
      const evidence = this.writer.writeEvidence(report.findings);
      if (this.writer.trouble !== null) say(`evidence is not whole: ${this.writer.trouble}`);
      const whole: Report = { ...report, validation: { ...report.validation, evidence } };
      const files = new Map<string, string | Uint8Array>(reportFiles(whole));
      files.set("enclave.yaml", enclave.octets);
      for (const [name, octets] of ownCatalogues(enclave)) if (!files.has(name)) files.set(name, octets);
      this.writer.finish(files, this.key);
      if (this.key === null) say("the report is not signed: there is no key (gapwatch keygen makes one)");
      return whole;
    });
  }

  /** To be called when there is nothing to write. */
  abandon(): void {
    this.writer.abandon();
  }

  private attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const isOurs = error instanceof ReportFilesError;
      const isSystem = error instanceof Error && "code" in error;
      if (!isOurs && !isSystem) throw error;
      throw new ReportOutputError(`${this.path}: ${isOurs ? error.message : systemMessage(error)}`);
    }
  }
}
