// The extras of the player: chapters and transcript that jump and follow, speed, sound only, and going on where one was.
// Without this file there is the browser's own player with captions; chapter links then load the page at that moment.

const figure = document.querySelector('#player');
const video = figure.querySelector('video');
const audio = figure.querySelector('audio');
const controls = figure.querySelector('.player__ctl');
const clock = figure.querySelector('[data-time]');
const find = (what) => controls.querySelector(`[data-do="${what}"]`);
const chapters = [...document.querySelectorAll('.chap')];
const lines = [...document.querySelectorAll('.script p')];
const script = document.querySelector('.script');
const place = `weixiao.place.${figure.dataset.lecture}`;
let media = video;

controls.hidden = false;

const written = (seconds) => {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

// Private browsing may refuse to remember: then the player begins at the beginning.
const remember = (seconds) => { try { localStorage.setItem(place, String(Math.floor(seconds))); } catch { /* as said */ } };
const remembered = () => { try { return Number(localStorage.getItem(place)) || 0; } catch { return 0; } };

function jump(ms) {
  media.currentTime = ms / 1000;
  media.play().catch(() => { /* the browser wants a tap first: the position is set all the same */ });
}

for (const link of document.querySelectorAll('[data-ms] > a[data-ms], a.chap[data-ms]')) {
  link.addEventListener('click', (event) => {
    event.preventDefault();
    jump(Number(link.dataset.ms));
    figure.scrollIntoView({ block: 'nearest' });
  });
}

function follow() {
  const ms = media.currentTime * 1000;
  clock.textContent = `${written(media.currentTime)} / ${written(media.duration || video.duration)}`;
  let here = null;
  for (const chapter of chapters) {
    if (Number(chapter.dataset.ms) <= ms + 50) here = chapter;
    chapter.removeAttribute('aria-current');
  }
  here?.setAttribute('aria-current', 'true');
  for (const line of lines) {
    const isNow = Number(line.dataset.ms) <= ms && ms < Number(line.dataset.end);
    if (isNow && !line.classList.contains('is-now') && script) {
      // Only the transcript scrolls; the page stays where the reader has it.
      script.scrollTop = line.offsetTop - script.offsetTop - script.clientHeight / 3;
    }
    line.classList.toggle('is-now', isNow);
  }
}

for (const one of [video, audio]) {
  one.addEventListener('timeupdate', () => {
    if (one !== media) return;
    follow();
    if (one.currentTime > 5) remember(one.currentTime);
  });
  one.addEventListener('seeked', follow);
  one.addEventListener('ended', () => remember(0));
}

video.addEventListener('loadedmetadata', () => {
  const was = remembered();
  if (!location.search.includes('t=') && was > 0 && was < video.duration - 5) video.currentTime = was;
  follow();
}, { once: true });

find('back').addEventListener('click', () => { media.currentTime = Math.max(0, media.currentTime - 10); });

find('captions').addEventListener('click', (event) => {
  const track = video.textTracks[0];
  const isShown = track.mode === 'showing';
  track.mode = isShown ? 'hidden' : 'showing';
  event.currentTarget.setAttribute('aria-pressed', String(!isShown));
});

find('speed').addEventListener('change', (event) => {
  for (const one of [video, audio]) one.playbackRate = Number(event.target.value);
});

find('audio').addEventListener('click', (event) => {
  const other = media === video ? audio : video;
  const [at, wasPlaying] = [media.currentTime, !media.paused];
  media.pause();
  media.hidden = true;
  other.hidden = false;
  media = other;
  event.currentTarget.setAttribute('aria-pressed', String(media === audio));
  const go = () => {
    media.currentTime = at;
    if (wasPlaying) media.play().catch(() => { /* the browser wants a tap first */ });
  };
  if (media.readyState > 0) go();
  else {
    media.addEventListener('loadedmetadata', go, { once: true });
    media.load();
  }
});
