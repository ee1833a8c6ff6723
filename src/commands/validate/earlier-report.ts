import { systemMessage } from "../../capture/system-message.ts";
import { checkReportFiles } from "../../records/report-check.ts";
import { ReportFilesError, readReportFile } from "../../records/report-files.ts";
import { REPORT_FILE } from "../../report/report-forms.ts";
import { type Report, reportShape } from "../../report/validation-shape.ts";

/** An earlier report that cannot be compared with. The message is for people. */
export class ReportReadError extends Error {}

/** The report of an earlier validation, as it was written. Throws ReportReadError. */
export function readEarlierReport(directory: string): Report {
  try {
    const [problem] = checkReportFiles(directory, null).problems;
    if (problem !== undefined) throw new ReportReadError(`${directory}: ${problem}`);
    const read = reportShape.safeParse(JSON.parse(readReportFile(directory, REPORT_FILE).toString("utf8")));
    if (!read.success) throw new ReportReadError(`${directory}: ${REPORT_FILE} is no report of this version`);
    return read.data;
  } catch (error) {
    if (error instanceof ReportReadError) throw error;
    const isSystem = error instanceof Error && "code" in error;
    if (!isSystem && !(error instanceof ReportFilesError) && !(error instanceof SyntaxError)) throw error;
    throw new ReportReadError(`${directory}: ${systemMessage(error)}`);
  }
}
