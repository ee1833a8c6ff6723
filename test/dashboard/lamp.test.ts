import { describe, expect, it } from "vitest";
import { Lamp, type LampLook } from "../../src/dashboard/lamp.ts";

const CALM: LampLook = { atMs: 0, reasons: [], raised: [], reachback: false };
const DROPS = "capture.drops: mirror0: the capturing side lost 3 packets";

describe("Lamp", () => {
  it("is clean when nothing was found and the sensor sees", () => {
    const lamp = new Lamp();
    expect(lamp.look(CALM)).toMatchObject({ word: "CLEAN", sinceMs: 0, blindCount: 0 });
    expect(lamp.look({ ...CALM, atMs: 5000 })).toMatchObject({ word: "CLEAN", sinceMs: 0 });
  });

  it("waits for the first packets, and is blind when none come", () => {
    const lamp = new Lamp();
    const reasons = ["capture.empty: no packet was seen"];
    expect(lamp.look({ ...CALM, reasons }).word).toBe("WAITING");
    expect(lamp.look({ ...CALM, reasons, atMs: 9000 }).word).toBe("WAITING");
    expect(lamp.look({ ...CALM, reasons, atMs: 10_000 })).toMatchObject({ word: "BLIND", blindNow: reasons });
    expect(lamp.look({ ...CALM, atMs: 12_000 })).toMatchObject({ word: "CLEAN", blindCount: 1 });
  });

  it("says that it is blind beside a reachback, which stands", () => {
    const lamp = new Lamp();
    const view = lamp.look({ ...CALM, raised: ["sensor.drops: mirror0"], reachback: true });
    expect(view).toMatchObject({ word: "REACHBACK", blindNow: ["sensor.drops: mirror0"] });
  });

  it("keeps blind intervals: a reason counts while it grows and a minute more", () => {
    const lamp = new Lamp();
    lamp.look(CALM);
    expect(lamp.look({ ...CALM, atMs: 1000, reasons: [DROPS] }).word).toBe("BLIND");
    const grown = DROPS.replace("3", "9");
    expect(lamp.look({ ...CALM, atMs: 30_000, reasons: [grown] }).word).toBe("BLIND");
    expect(lamp.look({ ...CALM, atMs: 89_999, reasons: [grown] }).word).toBe("BLIND");
    const after = lamp.look({ ...CALM, atMs: 90_000, reasons: [grown] });
    expect(after).toMatchObject({ word: "CLEAN", sinceMs: 90_000, blindCount: 1 });
    expect(after.intervals).toEqual([{ fromMs: 1000, toMs: 90_000, why: DROPS }]);
  });

  it("is not clean while nothing inside was seen, however long that lasts", () => {
    const lamp = new Lamp();
    const reasons = ["sensor.no_inside: no conversation of an inside host was seen"];
    lamp.look({ ...CALM, reasons });
    expect(lamp.look({ ...CALM, atMs: 3_600_000, reasons }).word).toBe("BLIND");
  });

  it("goes by the state of one-sided mirrors, for the first packets of a run all show one direction", () => {
    const lamp = new Lamp();
    const reasons = ["sensor.one_sided: 1 of 1 inside conversations show one direction only"];
    expect(lamp.look({ ...CALM, reasons })).toMatchObject({ word: "WAITING", blindCount: 0 });
    expect(lamp.look({ ...CALM, reasons, atMs: 900 }).word).toBe("WAITING"); // however long: never CLEAN
    const raised = ["sensor.one-sided: 20 of 20 conversations show one direction"];
    expect(lamp.look({ ...CALM, atMs: 1000, reasons, raised }).word).toBe("BLIND");
    expect(lamp.end("inconclusive", reasons, 2000)).toMatchObject({
      word: "INCONCLUSIVE",
      blindNow: reasons,
    });
  });

  it("says the verdict when the run is over", () => {
    const lamp = new Lamp();
    lamp.look(CALM);
    expect(lamp.end("inconclusive", [DROPS], 5000)).toMatchObject({ word: "INCONCLUSIVE", sinceMs: 5000 });
    expect(new Lamp().end("clean", [], 5000).word).toBe("CLEAN");
  });
});
