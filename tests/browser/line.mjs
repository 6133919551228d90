// A line to the portal that breaks, for uploads and for what is typed: a proxy that knows nothing but bytes.
import net from 'node:net';

/**
 * Breaks `cuts` times, each after some bytes, `every` on the average, with FIN and RST by turns; and answers the first
 * `refusals` HEAD requests itself, with 502. It carries `rate` bytes in a second: a line is slower than the server, else
 * what waits in the server's own buffers is lost with it. It is `down` until it is `up` again, as a browser's own switch is not:
 * that one lets out a page that is being left.
 */
export async function brokenLine(base, { cuts = 0, every = 1, refusals = 0, rate = Infinity }) {
  const some = () => every * (0.5 + Math.random());
  const state = { cuts: 0, bytes: 0, refused: 0, isDown: false };
  const to = new URL(base);
  const open = new Set();
  let left = some();
  const server = net.createServer((from) => {
    if (state.isDown) {
      from.destroy();
      return;
    }
    const on = net.connect(Number(to.port), to.hostname);
    for (const one of [from, on]) {
      open.add(one);
      one.on('close', () => open.delete(one));
    }
    from.on('data', (data) => {
      if (state.refused < refusals && data.toString('latin1').startsWith('HEAD ')) {
        state.refused += 1;
        from.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        on.destroy();
        return;
      }
      state.bytes += data.length;
      left -= data.length;
      if (left < 0 && state.cuts < cuts) {
        state.cuts += 1;
        left = some();
        from.destroy();
        if (state.cuts % 2) on.resetAndDestroy();
        else on.end(data);
        return;
      }
      from.pause();
      const room = on.write(data) ? Promise.resolve() : new Promise((resolve) => on.once('drain', resolve));
      const carried = new Promise((resolve) => setTimeout(resolve, (data.length / rate) * 1000));
      Promise.all([room, carried]).then(() => from.resume());
    });
    on.on('data', (data) => from.write(data));
    for (const [one, other] of [[from, on], [on, from]]) {
      one.on('error', () => other.destroy());
      one.on('end', () => other.end());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const down = () => {
    state.isDown = true;
    for (const one of open) one.destroy();
  };
  const up = () => { state.isDown = false; };
  const close = () => {
    server.close();
    down();
  };
  return { state, url: `http://127.0.0.1:${server.address().port}`, down, up, close };
}
