// What is looked for on every page (DESIGN: accessibility rules and what is checked). Each answers with findings in words.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe-core on the page as it stands. */
export async function axe(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE);
  const found = await page.evaluate((values) => window.axe.run(document, {
    runOnly: { type: 'tag', values }, resultTypes: ['violations'],
  }), RULES);
  return found.violations.map((rule) => `axe ${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
}

/** Sideways scroll, sizes of targets and text, at the width that the window has. */
export async function sizes(page) {
  const width = page.viewportSize().width;
  const found = await page.evaluate(() => {
    const isElder = document.documentElement.dataset.mode === 'elder';
    const named = (e) => `${e.tagName.toLowerCase()}.${e.className.baseVal ?? e.className} “${(e.textContent.trim() || e.name || '').slice(0, 12)}”`;
    const out = { wide: document.documentElement.scrollWidth, target: [], text: [] };
    for (const e of document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')) {
      if (e.closest('.sr') || e.classList.contains('skip')) continue;
      let box = e.getBoundingClientRect();
      if (!box.width) continue;
      const label = e.closest('label');
      if (label && /radio|checkbox|file/.test(e.type)) box = label.getBoundingClientRect();
      const after = getComputedStyle(e, '::after');
      if (after.position === 'absolute' && after.content !== 'none') { // the link of a whole card
        let card = e.parentElement;
        while (card && getComputedStyle(card).position === 'static') card = card.parentElement;
        if (card) box = card.getBoundingClientRect();
      }
      const isInSentence = getComputedStyle(e).display === 'inline'
        && e.parentElement.textContent.trim().length > e.textContent.trim().length;
      const least = isElder && e.classList.contains('btn') && e.closest('main') ? 59.5 : 43.5;
      if (!isInSentence && (box.height < least || box.width < least)) {
        out.target.push(`${named(e)} ${Math.round(box.width)}×${Math.round(box.height)}`);
      }
    }
    for (const e of document.querySelectorAll('body *')) {
      if (e.closest('.sr,.sprite') || !e.getBoundingClientRect().width) continue;
      if (![...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
      let size = parseFloat(getComputedStyle(e).fontSize);
      const svg = e.closest('svg');
      if (svg && svg.viewBox.baseVal.width) size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      if (size < (isElder ? 18 : 13.9)) out.text.push(`${named(e)} ${size.toFixed(1)}px`);
    }
    return out;
  });
  const at = `at ${width}`;
  return [
    ...(found.wide > width ? [`${at}: scrolls sideways, ${found.wide}`] : []),
    ...(found.target.length ? [`${at}: small targets (${found.target.length}): ${found.target.slice(0, 4).join(' | ')}`] : []),
    ...(found.text.length ? [`${at}: small text (${found.text.length}): ${found.text.slice(0, 4).join(' | ')}`] : []),
  ];
}

/** Ids, headings and language of the page. `lang` is what `<html lang>` must be. */
export async function structure(page, lang) {
  return page.evaluate((wanted) => {
    const found = [];
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (twice.length) found.push(`ids used twice: ${twice.join(' ')}`);
    const titles = document.querySelectorAll('h1').length;
    if (titles !== 1) found.push(`${titles} h1`);
    if (document.documentElement.lang !== wanted) found.push(`html lang is “${document.documentElement.lang}”`);
    if (!document.title.trim()) found.push('no title');
    return found;
  }, lang);
}

/** On an English page: Chinese where no `lang` says that it is Chinese, in text and in what is read aloud. */
export async function untranslated(page) {
  const found = await page.evaluate(() => {
    const isHan = (text) => /\p{Script=Han}/u.test(text);
    const isMarked = (e) => e.closest('[lang]')?.lang.toLowerCase().startsWith('zh');
    const out = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { data, parentElement: e } = walker.currentNode;
      if (isHan(data) && !e.closest('script,style,template') && !isMarked(e)) out.push(`${e.tagName.toLowerCase()} “${data.trim().slice(0, 24)}”`);
    }
    for (const e of document.querySelectorAll('[alt],[title],[placeholder],[aria-label]')) {
      for (const name of ['alt', 'title', 'placeholder', 'aria-label']) {
        const text = e.getAttribute(name);
        if (text && isHan(text) && !isMarked(e)) out.push(`${e.tagName.toLowerCase()}[${name}] “${text.slice(0, 24)}”`);
      }
    }
    return out;
  });
  return found.length ? [`Chinese on the English page (${found.length}): ${found.slice(0, 6).join(' | ')}`] : [];
}

/** Inline styles and scripts in the source that the server sent. */
export function inline(source) {
  const found = [];
  for (const [tag] of source.matchAll(/<[a-z][^\s/>]*(?:\s[^>]*)?>/gi)) {
    if (/^<style\b/i.test(tag)) found.push(tag);
    if (/^<script\b/i.test(tag) && !/\ssrc=/i.test(tag)) found.push(tag);
    // what stands between quotes may say anything
    if (/\s(style|on[a-z]+)\s*=/i.test(tag.replace(/"[^"]*"|'[^']*'/g, '""'))) found.push(tag);
  }
  return found.length ? [`inline style or script: ${found.slice(0, 3).join(' ').slice(0, 200)}`] : [];
}
