/** Seeded random numbers (xorshift128, Marsaglia 2003), so that a workload is the same on every machine. */
export class Random {
  constructor(seed) {
    this.x = seed | 0 || 1;
    this.y = 0x159a55e5;
    this.z = 0x1f123bb5;
    this.w = 0x05491333;
    for (let n = 0; n < 32; n++) this.uint32();
  }

  uint32() {
    let t = this.x;
    t ^= t << 11;
    t ^= t >>> 8;
    this.x = this.y;
    this.y = this.z;
    this.z = this.w;
    this.w = this.w ^ (this.w >>> 19) ^ t;
    return this.w >>> 0;
  }

  /** In [0, 1). */
  unit() {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number in [low, high]. */
  between(low, high) {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability) {
    return this.unit() < probability;
  }

  pick(list) {
    return list[Math.floor(this.unit() * list.length)];
  }

  /** Exponentially distributed. */
  exponential(mean) {
    return -mean * Math.log(1 - this.unit());
  }

  fill(bytes) {
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.uint32();
    return bytes;
  }
}
