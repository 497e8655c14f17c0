// Says an answer to a screen reader as it comes: by whole sentences, once each, and not letter by letter.
(() => {
  'use strict';
  const STOP = /[.!?:;](?=\s|$)|\n/g;
  let said = '', running = false, waiting = false;
  function words(at) {
    const copy = at.cloneNode(true);
    copy.querySelectorAll('.cite').forEach(mark => mark.remove());
    copy.querySelectorAll('p, li, tr').forEach(part => part.append('\n'));
    return copy.textContent.replace(/[ \t]+/g, ' ').trim();
  }
  function say(text) {
    const at = document.querySelector('#announce'), clean = text.trim();
    if (at && clean.length > 1) at.textContent = clean;
  }
  function look() {
    waiting = false;
    const live = document.querySelector('#live .answer[aria-busy=true] .text');
    if (live) {
      running = true;
      const text = words(live);
      if (!text.startsWith(said)) said = '';
      const fresh = text.slice(said.length), stops = [...fresh.matchAll(STOP)];
      const end = stops.length ? stops[stops.length - 1].index + 1 : 0;
      if (end > 8) { say(fresh.slice(0, end)); said += fresh.slice(0, end); }
    } else if (running) {
      const done = [...document.querySelectorAll('#past .answer .text, #live .answer .text')].pop();
      if (!done) return;
      running = false;
      const text = words(done);
      say(text.startsWith(said) ? text.slice(said.length) : text);
      said = '';
    }
  }
  new MutationObserver(() => {
    if (!waiting) { waiting = true; setTimeout(look, 60); }
  }).observe(document, { childList: true, subtree: true, characterData: true });
  document.addEventListener('click', event => {
    const link = event.target instanceof Element && event.target.closest('a.skip');
    const field = link && (document.querySelector('#box textarea') || document.querySelector('#scroll :is(a, button)'));
    if (field) { event.preventDefault(); field.focus(); }
  });
})();
