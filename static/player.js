// The player: hls.js or the browser's own HLS or the plain file, a seek bar with pictures, chapters and transcript that
// jump and follow, speed, quality, sound only, saving data, keys, and going on where one was. Without this file there is
// the browser's own player with captions; chapter links then load the page at that moment.
// All words come from the page (data-… of [data-words]). Times are in seconds unless a name says ms.

const figure = document.querySelector('#player');
const video = figure.querySelector('video');
const audio = figure.querySelector('audio');
const both = [video, audio];
const controls = figure.querySelector('.player__ctl');
const find = (what) => figure.querySelector(`[data-do="${what}"]`);
const words = figure.querySelector('[data-words]').dataset;
const clock = figure.querySelector('[data-time]');
const seekbar = find('seek');
const big = find('start');
const chapters = [...document.querySelectorAll('.chap[data-ms]')];
const lines = [...document.querySelectorAll('.script p')];
const script = document.querySelector('.script');
const duration = Number(figure.dataset.duration) / 1000;
const panel = 'watch' in figure.dataset ? document.querySelector('#watched') : null;
const MOST = 2; // the fastest speed that is offered, and that the server counts

// Private browsing may refuse to remember: then every page begins afresh.
const kept = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* as said */ } };
const taste = kept('weixiao.player') || {};
const prefer = (what, value) => { taste[what] = value; keep('weixiao.player', taste); };
const place = `weixiao.place.${figure.dataset.lecture}`;

const fill = (text, ...values) => values.reduce((out, value) => out.replace('{}', value), text);
const two = (n) => String(n).padStart(2, '0');
function written(s) {
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return `${h ? `${h}:${two(m)}` : m}:${two(Math.floor(s % 60))}`;
}
function length(s) {
  const [m, rest] = [Math.floor(s / 60), Math.floor(s % 60)];
  if (m === 0) return fill(words.s, rest);
  return rest === 0 ? fill(words.m, m) : fill(words.ms, m, rest);
}

// ---- one line of words under the picture, read out by screen readers, so it changes rarely ----

const saying = figure.querySelector('.player__say');
const act = find('act');
const actLink = find('act-link');
let said = '';
let onAct = null;
function say(key, text, label = '', action = null) {
  const isLink = typeof action === 'string';
  if (said !== key || saying.textContent !== text) saying.textContent = text;
  said = key;
  onAct = action;
  act.hidden = !label || isLink;
  actLink.hidden = !label || !isLink;
  (isLink ? actLink : act).textContent = label;
  if (isLink) actLink.href = action;
  saying.parentElement.hidden = false;
}
function hush(key) {
  if (said !== key) return;
  said = '';
  saying.textContent = '';
  saying.parentElement.hidden = true;
}
act.addEventListener('click', () => onAct?.());

// ---- where to begin ----

const asked = Number(figure.dataset.from) || 0;
const before = Number(figure.dataset.resume) / 1000 || kept(place) || 0;
const start = asked || (before > 5 && before < duration - 5 ? before : 0);

let media = video;
let wanted = start;    // a place for `media` that it cannot take yet; null when it stands where it should
let hasBegun = false;  // data of the video flows
let engine = '';       // 'hls', 'native' or 'file'
let hls = null;
let Hls = null;
let saves = taste.save ?? Boolean(navigator.connection?.saveData);

const position = () => wanted ?? media.currentTime;
function seek(s) {
  const to = Math.min(Math.max(0, s), Math.max(0, duration - 0.2));
  if (media.readyState > 0) {
    wanted = null;
    media.currentTime = to;
  } else {
    wanted = to;
    if (media === video && hasBegun && hls) hls.startLoad(to);
  }
  follow();
}

// ---- from where the bytes come ----

// Whether hls.js could work, before it is fetched: the same question it asks itself.
const hasMediaSource = () => {
  const source = window.ManagedMediaSource || window.MediaSource || window.WebKitMediaSource;
  return Boolean(source?.isTypeSupported?.('video/mp4; codecs="avc1.42E01E,mp4a.40.2"'));
};
async function choose() {
  if (!figure.dataset.hls) return 'file';
  if (hasMediaSource()) {
    // Before the browser's own HLS: Chrome says "maybe" to that and is new at it.
    try {
      Hls = (await import(figure.dataset.hlsJs)).default;
      if (Hls.isSupported()) return 'hls';
    } catch { /* not reached: the other ways remain */ }
  }
  return video.canPlayType('application/vnd.apple.mpegurl') ? 'native' : 'file';
}

let preparing = null;
// The file in the page may have come to its place already: then it stays there.
const prepare = () => (preparing ??= choose().then((what) => { engine = what; attach(position()); }));

function attach(at) {
  wanted = at;
  hls?.destroy();
  hls = null;
  if (engine === 'hls') attachHls(at);
  else {
    const address = engine === 'native' ? figure.dataset.hls : figure.dataset.file;
    // An old recording stands in its <source> already.
    if (engine === 'native' || figure.dataset.hls || video.error || video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) {
      for (const source of video.querySelectorAll('source')) source.remove();
      video.src = address;
    }
    if (hasBegun) video.preload = 'auto';
    if (video.readyState > 0) settle();
  }
}

function attachHls(at) {
  for (const source of video.querySelectorAll('source')) source.remove();
  const mine = new Hls({
    autoStartLoad: false, startPosition: at, enableWorker: false, capLevelToPlayerSize: true,
    maxBufferLength: saves ? 15 : 30, maxMaxBufferLength: saves ? 20 : 60, backBufferLength: 60,
  });
  hls = mine;
  mine.on(Hls.Events.MANIFEST_PARSED, () => {
    applyQuality();
    if (hasBegun) mine.startLoad(wanted ?? at);
  });
  mine.on(Hls.Events.LEVEL_SWITCHED, sayQuality);
  mine.on(Hls.Events.FRAG_BUFFERED, () => { if (!video.seeking) calm(); });
  mine.on(Hls.Events.ERROR, (_, data) => { if (mine === hls) onHlsError(data); });
  mine.loadSource(figure.dataset.hls);
  mine.attachMedia(video);
}

const isPlaying = () => media === video && hasBegun && !video.paused;
function settle() {
  if (media.readyState === 0 || wanted === null) return;
  const to = wanted;
  wanted = null;
  if (Math.abs(media.currentTime - to) > 0.3) media.currentTime = to;
}

async function play() {
  big.hidden = true;
  const one = media;
  if (one === video) {
    const isEarly = !hasBegun;
    hasBegun = true;
    await prepare();
    if (isEarly) {
      if (hls?.levels.length) hls.startLoad(wanted ?? -1);
      else if (!hls) video.preload = 'auto';
    }
  }
  try {
    await one.play();
  } catch (error) {
    // The browser wants a tap first: the place is set all the same.
    if (error.name === 'NotAllowedError' && one === media) big.hidden = false;
  }
}
const toggle = () => (media.paused ? play() : media.pause());

// ---- when the bytes do not come ----

let tries = 0;
let retry = 0;
let renewed = 0;
let repaired = 0;
function calm() {
  tries = 0;
  clearTimeout(retry);
  hush('net');
}
function again() {
  clearTimeout(retry);
  retry = 0;
  if (media === video && hls?.levels.length) hls.startLoad(position());
  else restart();
}
/** Asks for everything anew, signed addresses too, and goes on at the same place. */
function restart() {
  const goes = !media.paused || said === 'net';
  if (media === audio) {
    wanted = position();
    audio.load();
    if (goes) play();
    return;
  }
  attach(position());
  if (goes && hasBegun) play();
}
function wait() {
  clearTimeout(retry);
  const pause = Math.min(30, 2 ** ++tries);
  say('net', fill(words.net, pause), words.netGo, again);
  retry = setTimeout(again, pause * 1000);
}
function onHlsError({ fatal, type, response }) {
  const code = response?.code;
  if (type === Hls.ErrorTypes.NETWORK_ERROR && (code === 403 || code === 410)) {
    // The signed address has run out: the playlist is asked for again. Not in a circle.
    if (Date.now() - renewed > 10_000) {
      renewed = Date.now();
      restart();
    } else if (fatal) wait();
  } else if (!fatal) {
    // It tries again by itself for half a minute; it is said as soon as the picture stands.
    if (type === Hls.ErrorTypes.NETWORK_ERROR && isPlaying() && video.readyState < 3) say('net', words.offline, words.netGo, again);
  } else if (type === Hls.ErrorTypes.NETWORK_ERROR) {
    wait();
  } else if (type === Hls.ErrorTypes.MEDIA_ERROR && Date.now() - repaired > 5_000) {
    repaired = Date.now();
    hls.recoverMediaError();
  } else fallBack();
}
function fallBack() {
  if (engine === 'file') return wait();
  engine = 'file';
  hideQuality();
  restart();
}
for (const one of both) {
  one.addEventListener('error', () => {
    if (one !== media || hls || !one.error) return;
    if (one.error.code === 2 || one === audio || engine === 'file') wait();
    else fallBack();
  });
  one.addEventListener('loadedmetadata', () => { if (one === media) settle(); });
  one.addEventListener('playing', () => { if (one === media) calm(); });
}
video.querySelector('source:last-of-type')?.addEventListener('error', () => { if (hasBegun && engine === 'file') wait(); });
addEventListener('online', () => { if (said === 'net') again(); });
addEventListener('offline', () => { if (isPlaying() || !audio.paused) say('net', words.offline); });

// ---- quality and saving data ----

const quality = find('quality');
const save = find('save');
function hideQuality() { quality.closest('label').hidden = true; }
const heightOf = (level) => Math.min(level.width, level.height);
function applyQuality() {
  if (!hls?.levels.length) return;
  const lowest = hls.levels.reduce((low, level, i, all) => (level.bitrate < all[low].bitrate ? i : low), 0);
  const chosen = hls.levels.findIndex((level) => String(heightOf(level)) === quality.value);
  hls.autoLevelCapping = saves ? lowest : -1;
  hls.startLevel = saves ? lowest : chosen;
  if (chosen >= 0) hls.nextLevel = chosen;
  else if (hls.manualLevel >= 0) hls.nextLevel = -1;
}
function sayQuality() {
  const level = hls.levels[hls.currentLevel];
  if (level) quality.options[0].textContent = fill(words.autoNow, `${heightOf(level)}p`);
}
quality.addEventListener('change', () => {
  if (quality.value !== 'auto' && saves && Number(quality.value) > 360) setSaving(false);
  prefer('quality', Number(quality.value) || null);
  applyQuality();
});
function setSaving(on) {
  saves = on;
  save.checked = on;
  prefer('save', on);
  if (on) { quality.value = 'auto'; prefer('quality', null); }
  applyQuality();
  if (!on) ahead();
}
save.checked = saves;
save.addEventListener('change', () => setSaving(save.checked));
if (!figure.dataset.hls || !hasMediaSource()) hideQuality();
if (saves) video.preload = 'none';

/** What is fetched before anybody asks: the player's parts and the first kilobytes, unless data is saved. */
function ahead() {
  if (saves) return;
  prepare();
  showStory();
}

// ---- the seek bar and the pictures over it ----

const preview = figure.querySelector('.player__preview');
const picture = preview.querySelector('.story');
const tiles = Number(figure.dataset.storyTiles) || 0;
const every = Number(figure.dataset.storyEvery) / 1000 || 0;
const rows = Math.ceil(tiles / 10);
let isDragging = false;
seekbar.max = String(Math.floor(duration));

function paint(element, s) {
  if (!tiles || !every) return;
  const tile = Math.min(tiles - 1, Math.max(0, Math.floor(s / every)));
  element.style.backgroundImage = `url("${figure.dataset.story}")`;
  element.style.backgroundSize = `1000% ${rows * 100}%`;
  element.style.backgroundPosition = `${(tile % 10) / 9 * 100}% ${rows > 1 ? Math.floor(tile / 10) / (rows - 1) * 100 : 0}%`;
}
const chapterAt = (s) => chapters.filter((one) => Number(one.dataset.ms) <= s * 1000 + 50).pop();
const titleOf = (chapter) => chapter?.querySelector('time + span')?.textContent || '';
function showPreview(s) {
  paint(picture, s);
  picture.hidden = !tiles;
  preview.querySelector('[data-at]').textContent = written(s);
  preview.querySelector('[data-chapter]').textContent = titleOf(chapterAt(s));
  preview.hidden = false;
  const room = seekbar.parentElement.clientWidth;
  const half = preview.offsetWidth / 2;
  const x = 20 + (room - 40) * s / duration;
  preview.style.left = `${Math.min(Math.max(x, half + 4), room - half - 4)}px`;
}
const hidePreview = () => { preview.hidden = true; };
function valueText(s) {
  const chapter = titleOf(chapterAt(s));
  seekbar.setAttribute('aria-valuetext', fill(words.place, length(s), length(duration)) + (chapter ? words.gap + chapter : ''));
}
const under = (event) => {
  const box = seekbar.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left - 8) / (box.width - 16))) * duration;
};
seekbar.addEventListener('pointermove', (event) => { if (event.pointerType === 'mouse' && !isDragging) showPreview(under(event)); });
seekbar.addEventListener('pointerleave', () => { if (!isDragging) hidePreview(); });
seekbar.addEventListener('input', () => {
  isDragging = true;
  moved();
  showPreview(Number(seekbar.value));
  valueText(Number(seekbar.value));
});
seekbar.addEventListener('change', () => {
  isDragging = false;
  seek(Number(seekbar.value));
  if (!seekbar.matches(':focus-visible')) hidePreview();
});
seekbar.addEventListener('pointercancel', () => { isDragging = false; hidePreview(); });
seekbar.addEventListener('focus', () => { if (seekbar.matches(':focus-visible')) showPreview(position()); });
seekbar.addEventListener('blur', () => { isDragging = false; hidePreview(); });

function rect(set) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const name of Object.keys(set)) made.setAttribute(name, set[name]);
  return made;
}
function drawMarks() {
  const marks = figure.querySelector('.player__marks');
  for (const chapter of chapters) {
    const at = Number(chapter.dataset.ms) / 1000;
    if (at < 1 || at >= duration) continue;
    marks.append(rect({ x: `${100 * at / duration}%`, width: 2, height: '100%' }));
  }
}

/** The pictures beside the chapters, when they come into view. */
let hasStory = false;
function showStory() {
  if (hasStory || !tiles || !every) return;
  hasStory = true;
  const boxes = chapters.map((chapter) => {
    const box = document.createElement('span');
    box.className = 'story';
    box.setAttribute('aria-hidden', 'true');
    chapter.prepend(box);
    chapter.classList.add('chap--pic');
    return [box, Number(chapter.dataset.ms) / 1000];
  });
  const all = () => boxes.forEach(([box, s]) => paint(box, s + every / 2));
  if (!boxes.length || !window.IntersectionObserver) return all();
  const eye = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    eye.disconnect();
    all();
  });
  eye.observe(boxes[0][0].closest('ol') || boxes[0][0]);
}

// ---- following ----

let hasMoved = false; // the viewer has chosen a place: nothing moves it any more
function moved() {
  hasMoved = true;
  hush('resume');
}
let resumed = 0;
/** Goes on where the viewer was, and says so for a while. */
function resume(s) {
  resumed = s;
  seek(s);
  say('resume', fill(words.resume, written(s)), words.fromStart, () => {
    moved();
    seek(0);
    playButton.focus({ preventScroll: true });
  });
}
function jump(ms) {
  moved();
  seek(ms / 1000);
  play();
}
for (const link of document.querySelectorAll('[data-ms] > a[data-ms], a.chap[data-ms]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    jump(Number(link.dataset.ms));
    figure.scrollIntoView({ block: 'nearest' });
  });
}

let marked = null;
function follow() {
  const s = position();
  clock.textContent = `${written(s)} / ${written(duration)}`;
  if (!isDragging) {
    seekbar.value = String(Math.floor(s));
    // A screen reader on the bar hears the place when the listener moves it, not each second.
    if (media.paused || document.activeElement !== seekbar || media.seeking) valueText(s);
    if (!preview.hidden && document.activeElement === seekbar && seekbar.matches(':focus-visible')) showPreview(s);
  }
  const chapter = chapterAt(s);
  if (chapter !== marked) {
    marked?.removeAttribute('aria-current');
    chapter?.setAttribute('aria-current', 'true');
    marked = chapter;
  }
  for (const line of lines) {
    const isNow = Number(line.dataset.ms) <= s * 1000 && s * 1000 < Number(line.dataset.end);
    if (isNow && !line.classList.contains('is-now') && script && !line.hidden) {
      // Only the transcript scrolls; the page stays where the reader has it.
      script.scrollTop = line.offsetTop - script.offsetTop - script.clientHeight / 3;
    }
    line.classList.toggle('is-now', isNow);
  }
}

const playButton = find('play');
function showState() {
  const goes = !media.paused;
  playButton.dataset.state = goes ? 'on' : 'off';
  playButton.querySelector('.sr').textContent = goes ? words.pause : words.play;
}
// A mouse needs no second bar on the picture; fingers and WeChat keep the browser's own controls.
const hasMouse = matchMedia('(hover: hover) and (pointer: fine)').matches;
video.controls = false;
let lastKept = 0;
for (const one of both) {
  one.addEventListener('timeupdate', () => {
    if (one !== media || wanted !== null) return;
    follow();
    if (one.currentTime > resumed + 15) hush('resume');
    if (one.currentTime > 5 && Math.abs(one.currentTime - lastKept) > 3) keep(place, Math.floor(lastKept = one.currentTime));
  });
  one.addEventListener('seeked', follow);
  one.addEventListener('ended', () => keep(place, 0));
  one.addEventListener('pause', showState);
  one.addEventListener('play', () => {
    big.hidden = true;
    video.controls = !hasMouse;
    if (one === video && !hasBegun) play();
    showState();
  });
  one.addEventListener('ratechange', () => {
    if (one.playbackRate > MOST) one.playbackRate = MOST;
    else if (one === media) showSpeed(one.playbackRate);
  });
}

// ---- buttons ----

find('start').addEventListener('click', () => { play(); playButton.focus({ preventScroll: true }); });
playButton.addEventListener('click', toggle);
find('back').addEventListener('click', () => step(-10));
function step(by) {
  moved();
  seek(position() + by);
}
if (hasMouse) {
  video.addEventListener('click', toggle);
  video.addEventListener('dblclick', fullscreen);
}

const captions = find('captions');
function setCaptions(on) {
  const track = video.textTracks[0];
  if (track) track.mode = on ? 'showing' : 'hidden';
  captions.setAttribute('aria-pressed', String(on));
}
const hasCaptions = () => captions.getAttribute('aria-pressed') === 'true';
function toggleCaptions() {
  prefer('captions', !hasCaptions());
  setCaptions(taste.captions);
}
captions.hidden = !video.textTracks.length;
captions.addEventListener('click', toggleCaptions);

const speed = find('speed');
const speeds = [...speed.options].map((option) => Number(option.value));
function showSpeed(rate) { if (speeds.includes(rate)) speed.value = String(rate); }
function setSpeed(rate) {
  // Loading another source sets the speed back to the default: so that is changed too.
  for (const one of both) one.defaultPlaybackRate = one.playbackRate = rate;
  prefer('speed', rate);
  showSpeed(rate);
}
speed.addEventListener('change', () => setSpeed(Number(speed.value)));
const faster = (by) => setSpeed(speeds[Math.min(speeds.length - 1, Math.max(0, speeds.indexOf(Number(speed.value)) + by))]);

const listen = find('audio');
function setAudio(on) {
  const other = on ? audio : video;
  if (other === media) return;
  const [at, goes] = [position(), !media.paused];
  media.pause();
  if (on) hls?.stopLoad();
  media = other;
  figure.querySelector('.player__listen').hidden = !on;
  listen.setAttribute('aria-pressed', String(on));
  wanted = at;
  if (!on && hasBegun) hls?.startLoad(at);
  settle();
  if (goes) play();
  else follow();
  showState();
}
listen.addEventListener('click', () => setAudio(media === video));

const mute = find('mute');
const volume = find('volume');
function showVolume() {
  const isOff = video.muted || video.volume === 0;
  mute.dataset.state = isOff ? 'off' : 'on';
  mute.setAttribute('aria-pressed', String(isOff));
  volume.value = isOff ? '0' : String(Math.round(video.volume * 100));
}
function setMuted(on) {
  for (const one of both) {
    one.muted = on;
    if (!on && one.volume === 0) one.volume = 0.5;
  }
}
mute.addEventListener('click', () => setMuted(mute.dataset.state !== 'off'));
volume.addEventListener('input', () => {
  for (const one of both) {
    one.volume = Number(volume.value) / 100;
    one.muted = false;
  }
});
video.addEventListener('volumechange', showVolume);
// Phones have keys for it, and iPhones let no page set it.
mute.hidden = volume.hidden = !hasMouse;

const pip = find('pip');
pip.hidden = !document.pictureInPictureEnabled || !video.requestPictureInPicture;
pip.addEventListener('click', async () => {
  try {
    if (document.pictureInPictureElement) return await document.exitPictureInPicture();
    setAudio(false);
    if (video.readyState === 0) await play();
    await video.requestPictureInPicture();
  } catch {
    say('pip', words.noPip);
  }
});

const full = find('full');
full.hidden = !figure.requestFullscreen && !video.webkitEnterFullscreen;
function fullscreen() {
  // iPhones show only the picture in full.
  if (!figure.requestFullscreen) video.webkitEnterFullscreen?.();
  else if (document.fullscreenElement) document.exitFullscreen();
  // The browser may refuse, in a frame of WeChat for one: then the page stays as it is.
  else figure.requestFullscreen().catch(() => {});
}
full.addEventListener('click', fullscreen);

const more = find('more');
const settings = figure.querySelector('#player-more');
more.addEventListener('click', () => {
  settings.hidden = !settings.hidden;
  more.setAttribute('aria-expanded', String(!settings.hidden));
});

// ---- keys, only while the focus is in the player ----

const KEYS = {
  ' ': toggle, k: toggle, ArrowLeft: () => step(-5), ArrowRight: () => step(5), j: () => step(-10), l: () => step(10),
  c: toggleCaptions, m: () => setMuted(mute.dataset.state !== 'off'), f: fullscreen, '<': () => faster(-1), '>': () => faster(1),
};
figure.addEventListener('keydown', (event) => {
  const on = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (on.matches('select') || (on.matches('input') && on !== seekbar && event.key.startsWith('Arrow'))) return;
  // A button and the browser's own controls do with the space key what they always do.
  if (event.key === ' ' && (on.matches('button, a, summary, input:not([type="range"])') || on === video || on === audio)) return;
  let key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^\d$/.test(key)) {
    moved();
    seek(duration * Number(key) / 10);
  } else if (KEYS[key]) KEYS[key]();
  else return;
  event.preventDefault();
});

// ---- the lock screen ----

if ('mediaSession' in navigator && window.MediaMetadata) {
  const artwork = figure.dataset.hls ? [{ src: video.poster }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title: figure.dataset.title, artist: figure.dataset.by, artwork });
  const on = { play, pause: () => media.pause(), seekbackward: () => step(-10), seekforward: () => step(10) };
  for (const name of Object.keys(on)) {
    try { navigator.mediaSession.setActionHandler(name, on[name]); } catch { /* an older browser knows fewer of them */ }
  }
}

// ---- begin ----

controls.hidden = false;
big.hidden = false;
setCaptions(taste.captions ?? true);
if (speeds.includes(taste.speed)) setSpeed(taste.speed);
if (quality.querySelector(`[value="${taste.quality}"]`)) quality.value = taste.quality;
showVolume();
drawMarks();
follow();
showState();
if (start > 0 && !asked) resume(start);
if (panel) {
  import(figure.dataset.watchJs).then(({ watch }) => watch(figure, panel, {
    elements: both, media: () => media, get moved() { return hasMoved; }, start, resume, play, say, hush, words, fill, length, rect,
  })).catch(() => say('watch', words.unsaved));
}
if (document.readyState === 'complete') ahead();
else addEventListener('load', ahead, { once: true });
