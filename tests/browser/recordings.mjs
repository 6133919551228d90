// Recordings as instructors bring them, made with ffmpeg in a folder that is gone at the end, and files that are none.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weixiao-recordings-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));

const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
const film = (picture, sound, seconds) => ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=frequency=${sound}:sample_rate=48000`, '-t', String(seconds)];

/** What a telephone makes that is held upright: HEVC in MOV, lying, with the note that it is to be turned. */
export function portrait(seconds) {
  const lying = path.join(folder, 'lying.mov');
  const file = path.join(folder, '手机 竖拍.mov');
  ffmpeg(
    ...film('testsrc2=size=1280x720:rate=30,noise=alls=16:allf=t', 330, seconds),
    '-c:v', 'libx265', '-preset', 'ultrafast', '-crf', '27', '-x265-params', 'log-level=error', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1',
    '-c:a', 'aac', '-b:a', '96k', lying,
  );
  ffmpeg('-i', lying, '-c', 'copy', '-tag:v', 'hvc1', '-metadata:s:v:0', 'rotate=90', file);
  return file;
}

/** More than 300 MB of film in a few seconds: noise does not compress. */
export function large() {
  const file = path.join(folder, 'large.mp4');
  ffmpeg(
    ...film('testsrc2=size=1280x720:rate=30', 220, 8), '-vf', 'noise=alls=60:allf=t',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '8', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  );
  return file;
}

/** What plays everywhere as it is. */
export function small(seconds) {
  const file = path.join(folder, 'small.mp4');
  ffmpeg(
    ...film('testsrc=size=640x360:rate=25', 440, seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
    '-c:a', 'aac', '-movflags', '+faststart', file,
  );
  return file;
}

/** Captions as a program of ten years ago writes them. */
export function srt(lines) {
  const file = path.join(folder, '字幕.srt');
  const text = lines.map(([from, to, said], n) => `${n + 1}\r\n${from} --> ${to}\r\n${said}\r\n`).join('\r\n');
  fs.writeFileSync(file, execFileSync('iconv', ['-f', 'UTF-8', '-t', 'GB18030'], { input: text }));
  return file;
}
