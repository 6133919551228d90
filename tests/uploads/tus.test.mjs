// tus-js-client 4.3.1, as it comes from npm, against a running portal.
//
//   BASE_URL=http://127.0.0.1:8080 COOKIE='session=…' node --test tests/uploads/tus.test.mjs
//
// The cookie is that of an instructor. SIZE_MB (24) is the size of the file that is sent over broken lines, CUTS (9) how
// often they break.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import test from 'node:test';
import tus from 'tus-js-client';
import { brokenLine } from '../browser/line.mjs';

const BASE = process.env.BASE_URL ?? 'http://127.0.0.1:8080';
const COOKIE = process.env.COOKIE;
assert.ok(COOKIE, 'COOKIE is the session of an instructor');
const SIZE = Number(process.env.SIZE_MB ?? 24) * 1024 * 1024;
const CUTS = Number(process.env.CUTS ?? 9);
// What the line carries in a second.
const RATE = 8 * 1024 * 1024;

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function fetched(url) {
  const answer = await fetch(new URL(new URL(url).pathname, BASE), { headers: { Cookie: COOKIE } });
  assert.equal(answer.status, 200);
  return digest(Buffer.from(await answer.arrayBuffer()));
}

/** Runs an upload to its end. */
function sent(file, options) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      headers: { Cookie: COOKIE },
      retryDelays: Array(60).fill(50),
      chunkSize: 1024 * 1024,
      onError: reject,
      onSuccess: () => resolve(upload),
      ...options,
    });
    upload.start();
  });
}

/** Begins an upload, as the studio's page does, and goes on with its address alone. */
async function begin(length) {
  const answer = await fetch(new URL('/uploads', BASE), {
    method: 'POST',
    headers: { Cookie: COOKIE, 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length) },
  });
  assert.equal(answer.status, 201);
  return answer.headers.get('location');
}

test('a file in pieces', async () => {
  const file = randomBytes(5_000_001);
  const upload = await sent(file, { endpoint: `${BASE}/uploads`, metadata: { filename: '讲座.mp4', word: 'słońce' } });
  assert.equal(await fetched(upload.url), digest(file));
});

test('a file that begins with its creation', async () => {
  const file = randomBytes(3_000_001);
  const upload = await sent(file, { endpoint: `${BASE}/uploads`, uploadDataDuringCreation: true });
  assert.equal(await fetched(upload.url), digest(file));
});

test('an empty file', async () => {
  const upload = await sent(Buffer.alloc(0), { endpoint: `${BASE}/uploads` });
  assert.equal(await fetched(upload.url), digest(Buffer.alloc(0)));
});

test('a stream whose length is known at its end', async () => {
  const pieces = Array.from({ length: 40 }, () => randomBytes(100_003));
  const upload = await sent(Readable.from(pieces), {
    endpoint: `${BASE}/uploads`,
    uploadLengthDeferred: true,
    chunkSize: 700_000,
  });
  assert.equal(await fetched(upload.url), digest(Buffer.concat(pieces)));
});

test('over a line that breaks, from where it broke', async () => {
  const file = randomBytes(SIZE);
  const line = await brokenLine(BASE, { cuts: CUTS, every: SIZE / CUTS / 2, refusals: 3, rate: RATE });
  const upload = await sent(file, {
    uploadUrl: line.url + (await begin(SIZE)),
    chunkSize: 8 * 1024 * 1024,
    storeFingerprintForResuming: false,
  });
  line.close();
  assert.equal(line.state.cuts, CUTS);
  assert.equal(line.state.refused, 3);
  assert.equal(await fetched(upload.url), digest(file));
  const most = SIZE * 1.02 + CUTS * 512 * 1024;
  assert.ok(line.state.bytes <= most, `${line.state.bytes} bytes were sent for ${SIZE}`);
});

test('an ended upload is gone', async () => {
  const url = BASE + (await begin(10_000_000));
  const upload = new tus.Upload(randomBytes(10_000_000), { uploadUrl: url, headers: { Cookie: COOKIE }, chunkSize: 100_000 });
  await new Promise((resolve, reject) => {
    upload.options.onError = reject;
    upload.options.onChunkComplete = () => resolve();
    upload.start();
  });
  await upload.abort(true);
  const answer = await fetch(url, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
  assert.equal(answer.status, 410);
});

test('a file that is too large is refused before it is sent', async () => {
  const upload = sent(randomBytes(10), { endpoint: `${BASE}/uploads`, uploadSize: 9 * 1024 ** 3 });
  await assert.rejects(upload, (error) => error.originalResponse.getStatus() === 413);
});
