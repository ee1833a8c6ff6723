import { expect, it } from "vitest";
import { BlindIntervals } from "../../src/findings/blind-intervals.ts";
import type { StateChange } from "../../src/findings/sensor-states.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");

function change(name: StateChange["name"], raised: boolean, sec: number, text = "why"): StateChange {
  return { name, subject: "mirror0", raised, atMs: NOON + sec * 1000, text };
}

it("keeps when the sensor was blind, after it can see again", () => {
  const blind = new BlindIntervals();
  expect(blind.reasons()).toEqual([]);
  blind.take(change("sensor.interface", true, 0, "mirror0: down"));
  expect(blind.reasons()).toEqual(["sensor.interface: mirror0: down (since 2026-11-20T12:00:00Z)"]);
  blind.take(change("sensor.interface", false, 90, "mirror0: delivers"));
  blind.take(change("sensor.gap", true, 95));
  expect(blind.reasons()).toEqual([
    "sensor.interface: mirror0: down (from 2026-11-20T12:00:00Z to 2026-11-20T12:01:30Z)",
    "sensor.gap: why (since 2026-11-20T12:01:35Z)",
  ]);
  blind.take(change("sensor.interface", true, 100, "mirror0: gone"));
  blind.take(change("sensor.interface", false, 110, "mirror0: delivers"));
  expect(blind.reasons()[0]).toBe(
    "sensor.interface: mirror0: gone (2 times, from 2026-11-20T12:00:00Z to 2026-11-20T12:01:50Z)",
  );
});

it("leaves alone what the report judges over the whole run", () => {
  const blind = new BlindIntervals();
  for (const name of ["sensor.host-unseen", "sensor.drops", "sensor.blind"] as const) {
    blind.take(change(name, true, 0));
  }
  expect(blind.reasons()).toEqual([]);
});
