const FIRST = 65_536;
/** Bytes that must have come before an announcement is believed. */
const MIN_PROOF = 1_048_576;

/** Puts pieces together as they come, with little left to copy at the end. */
export class ByteCollector {
  private bytes: Buffer = Buffer.alloc(0);
  private length = 0;

  constructor(private readonly announced = 0) {}

  /** `bytes` must stay as they are. */
  add(bytes: Buffer): void {
    if (this.length === 0) {
      this.bytes = bytes;
    } else {
      if (this.length + bytes.length > this.bytes.length) this.grow(this.length + bytes.length);
      bytes.copy(this.bytes, this.length);
    }
    this.length += bytes.length;
  }

  whole(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private grow(least: number): void {
    const announced = least > MIN_PROOF ? this.announced : 0;
    const bytes = Buffer.allocUnsafeSlow(Math.max(least, announced || Math.max(FIRST, 2 * this.bytes.length)));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }
}
