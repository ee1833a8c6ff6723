const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const OUTLINE = /^([A-Za-z,-]+) ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2}) ([A-Za-z][A-Za-z0-9_+/-]*)$/;
const DAY_MIN = 1440;
/** Zones change their offset at whole quarters of an hour of UTC, so one look-up serves a quarter. */
const QUARTER_SEC = 900;
/** ECMAScript's time range: beyond it a date is invalid. */
const MAX_DATE_SEC = 8.64e12;

export const HOURS_EXPECTED =
  "days, a span and a time zone, such as Mon-Fri 09:00-17:00 Europe/Berlin or Mon,Wed 22:00-06:00 UTC";

/** Weekly hours on the wall clock of a time zone; a span past midnight belongs to the day it starts on. */
export class Hours {
  readonly text: string;
  readonly #days: ReadonlySet<number>;
  readonly #fromMin: number;
  readonly #untilMin: number;
  readonly #clock: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #weekday = 0;
  #minute = 0;

  constructor(
    text: string,
    days: ReadonlySet<number>,
    fromMin: number,
    untilMin: number,
    clock: Intl.DateTimeFormat,
  ) {
    this.text = text;
    this.#days = days;
    this.#fromMin = fromMin;
    this.#untilMin = untilMin;
    this.#clock = clock;
  }

  /** Whether the moment (Unix seconds) lies in these hours. */
  include(sec: number): boolean {
    if (!(Math.abs(sec) < MAX_DATE_SEC)) return false;
    const quarter = Math.floor(sec / QUARTER_SEC);
    if (quarter !== this.#quarter) this.#read(quarter);
    const minute = this.#minute + Math.floor((sec - quarter * QUARTER_SEC) / 60);
    return this.#isOpen(this.#weekday, minute);
  }

  #isOpen(weekday: number, minute: number): boolean {
    if (this.#fromMin < this.#untilMin) {
      return this.#days.has(weekday) && minute >= this.#fromMin && minute < this.#untilMin;
    }
    if (this.#days.has(weekday) && minute >= this.#fromMin) return true;
    return this.#days.has((weekday + 6) % 7) && minute < this.#untilMin;
  }

  /** Local weekday and minute at the start of a quarter. */
  #read(quarter: number): void {
    this.#quarter = quarter;
    for (const part of this.#clock.formatToParts(new Date(quarter * QUARTER_SEC * 1000))) {
      if (part.type === "weekday") this.#weekday = DAYS.indexOf(part.value);
      else if (part.type === "hour") this.#minute = Number(part.value) * 60;
      else if (part.type === "minute") this.#minute += Number(part.value);
    }
  }
}

/** Reads `Mon-Fri 09:00-17:00 Europe/Berlin`; a string says what is wrong. */
export function parseHours(text: string): Hours | string {
  const match = OUTLINE.exec(text);
  if (match === null) return `${JSON.stringify(text)} is no weekly span`;
  const days = parseDays(match[1]);
  if (typeof days === "string") return days;
  const fromMin = Number(match[2]) * 60 + Number(match[3]);
  const untilMin = Number(match[4]) * 60 + Number(match[5]);
  const badMinute = Number(match[3]) > 59 || Number(match[5]) > 59;
  if (badMinute || fromMin >= DAY_MIN || untilMin > DAY_MIN) {
    return `${JSON.stringify(text)} has a time outside 00:00 to 24:00`;
  }
  if (fromMin === untilMin) return `${JSON.stringify(text)} never occurs: the span is empty`;
  const clock = clockOf(match[6]);
  if (clock === null) return `${JSON.stringify(match[6])} is no time zone`;
  return new Hours(text, days, fromMin, untilMin, clock);
}

/** Numbers of the days in `Mon,Wed-Fri`; a range may pass the end of the week. */
function parseDays(text: string): Set<number> | string {
  const days = new Set<number>();
  for (const item of text.split(",")) {
    const ends = item.split("-").map((day) => DAYS.indexOf(day));
    if (ends.length > 2 || ends.includes(-1)) {
      return `${JSON.stringify(item)} is no day and no range of days`;
    }
    const last = ends[ends.length - 1];
    days.add(last);
    for (let day = ends[0]; day !== last; day = (day + 1) % 7) days.add(day);
  }
  return days;
}

/** Clocks are dear to make, and rules share few zones. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  try {
    const clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    clocks.set(zone, clock);
    return clock;
  } catch {
    return null;
  }
}
