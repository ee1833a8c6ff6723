/** `adjtimex` answers so while nothing keeps the clock right (man 2 adjtimex). */
const TIME_ERROR = 5;
/** Longer than a struct timex on any platform; zeros mean that nothing is to be changed. */
const TIMEX_LEN = 256;

/** Whether something keeps the system's clock right, as the kernel was told; null where it cannot be asked. */
export async function isClockKept(): Promise<boolean | null> {
  try {
    const koffi = (await import("koffi")).default;
    const adjtimex = koffi.load(null).func("int adjtimex(void *)");
    const state: number = adjtimex(new Uint8Array(TIMEX_LEN));
    return state === -1 ? null : state !== TIME_ERROR;
  } catch {
    return null;
  }
}
