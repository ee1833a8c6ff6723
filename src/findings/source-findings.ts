import type { FindingSubject } from "./finding.ts";
import type { Members } from "./service-findings.ts";

/** What one source has of one kind, on all services. */
export class SourceFindings {
  /** Findings ever made. */
  apart = 0;
  private readonly byDestination = new Map<string, Members>();

  /** What is on other ports of the same destination. */
  membersOf(subject: FindingSubject): Members | undefined {
    return subject.port === null ? undefined : this.byDestination.get(destinationText(subject));
  }

  setMembers(subject: FindingSubject, members: Members): void {
    this.byDestination.set(destinationText(subject), members);
  }
}

function destinationText({ proto, destination }: FindingSubject): string {
  return `${proto} ${destination}`;
}
