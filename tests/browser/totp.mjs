// The telephone of somebody with a second factor: RFC 6238 with SHA-1, six digits, steps of thirty seconds.
import crypto from 'node:crypto';

export const stepNow = () => Math.floor(Date.now() / 30_000);

/** The code that a telephone with this base32 secret shows in this step. */
export function telephoneCode(secret, step = stepNow()) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = crypto.createHmac('sha1', key).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}
