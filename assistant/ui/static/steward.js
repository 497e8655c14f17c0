// What the pages need in the browser and cannot ask the server for: folding panes, copying, keeping the address and a
// draft, local times, and the way to the sign-in page when the session is over. No state of the conversation is here.
(() => {
  'use strict';
  const find = (selector, from = document) => from.querySelector(selector);
  const DRAFT = 'steward-draft';

  // A session that is over leads to the sign-in page and keeps the draft; one that is somebody else's now starts anew.
  const fetched = window.fetch.bind(window);
  window.fetch = async (...given) => {
    const answer = await fetched(...given);
    const url = new URL(answer.url || location.href, location.href);
    if (url.origin === location.origin && url.pathname.startsWith('/gradio_api/')) {
      if (answer.status === 401) signedOut();
      if (answer.status === 404 && url.pathname.endsWith('/queue/join')) location.reload();
    }
    return answer;
  };
  let leaving = false;
  function signedOut() {
    leaving = true;
    const box = find('#box textarea'), who = find('.account');
    if (box && box.value && who) sessionStorage.setItem(DRAFT, JSON.stringify([who.dataset.person, box.value]));
    location.assign('/sign-in?out=1');
  }
  function setBox(text) {
    const box = find('#box textarea');
    if (!box) return;
    box.value = text;
    box.dispatchEvent(new Event('input', { bubbles: true }));
    box.focus();
  }
  function restoreDraft() {
    const kept = sessionStorage.getItem(DRAFT), who = find('.account'), box = find('#box textarea');
    if (leaving || !kept || !who || !box) return;
    sessionStorage.removeItem(DRAFT);
    const [person, text] = JSON.parse(kept);
    if (person === who.dataset.person && !box.value) setBox(text);
  }
  async function copy(button) {
    const answer = button.closest('.answer'), text = find('[data-copy]', answer).innerText;
    const sources = [...answer.querySelectorAll('.sources .source')].map(row => row.innerText.replace(/\s+/g, ' '));
    const whole = sources.length ? `${text}\n\n${sources.join('\n')}` : text;
    try {
      await navigator.clipboard.writeText(whole);
    } catch {
      const area = document.body.appendChild(document.createElement('textarea'));
      area.value = whole;
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    const label = find('span', button) || button, said = label.textContent;
    label.textContent = button.dataset.done;
    setTimeout(() => { label.textContent = said; }, 1600);
  }
  let opener = null;
  document.addEventListener('click', event => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    const fold = at.closest('[data-fold]');
    if (fold) {
      const open = document.body.classList.toggle(`${fold.dataset.fold}-open`);
      document.querySelectorAll(`[data-fold="${fold.dataset.fold}"][aria-expanded]`).forEach(b => b.setAttribute('aria-expanded', open));
      if (fold.dataset.fold === 'proof' && opener && opener.isConnected) opener.focus();
      return;
    }
    if (document.body.classList.contains('side-open') && (!at.closest('#side') || at.closest('[data-act]'))) {
      document.body.classList.remove('side-open');
    }
    if (at.closest('[data-copy-answer]')) copy(at.closest('[data-copy-answer]'));
    if (at.closest('[data-new]')) { const b = find('#side .new'); if (b) b.click(); else location.assign('/'); }
    const act = at.closest('button[data-act]');
    if (act && (act.dataset.act === 'cite' || act.dataset.act === 'made')) {
      if (!act.closest('#proof')) opener = act;
      document.body.classList.add('proof-open');
    }
    if (act && (act.dataset.act === 'open' || act.dataset.act === 'new')) document.body.classList.remove('proof-open');
    if (act && (act.dataset.act === 'starter' || act.dataset.act === 'new')) find('#box textarea')?.focus();
  }, true);
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') document.body.classList.remove('proof-open', 'side-open');
  });

  // Pages are drawn by Gradio: what has to follow a change of them hangs here, once per frame.
  let waiting = false, begun = false, shown = null, hit = null;
  function settle() {
    waiting = false;
    document.querySelectorAll('time[datetime]:not([data-done])').forEach(time => {
      const when = new Date(time.dateTime), today = when.toDateString() === new Date().toDateString();
      time.textContent = when.toLocaleString(document.documentElement.lang || [], today ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' });
    });
    const place = find('#live [data-conversation]') || find('#past [data-conversation]');
    if (place && place.dataset.conversation !== shown) {
      shown = place.dataset.conversation;
      history.replaceState(null, '', shown ? `?c=${encodeURIComponent(shown)}` : location.pathname);
    }
    const pane = find('#proof [data-pane]');
    if (pane && pane.innerHTML !== hit) {
      hit = pane.innerHTML;
      const target = find('[data-hit]', pane);
      const low = target ? target.offsetTop + target.offsetHeight - pane.clientHeight : 0;
      pane.scrollTop = target && low > 0 ? Math.max(0, Math.min(low + 40, target.offsetTop - 90)) : 0;
    }
    restoreDraft();
    window.stewardLook?.();
    reachable();
    window.stewardTooltips?.();
    if (!begun && find('#app.desk .queue .row')) {
      begun = true;
      if (window.innerWidth <= 900) document.body.classList.add('side-open');
    }
    const scroll = find('#app:not(.knowledge) #scroll');
    if (scroll && follow) scroll.scrollTop = scroll.scrollHeight;
  }
  // A table that is wider than its place is scrolled by keys too.
  function reachable() {
    document.querySelectorAll('#app :is(.text, .page) table').forEach(table => {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0; else table.removeAttribute('tabindex');
    });
  }
  window.addEventListener('resize', () => requestAnimationFrame(reachable));
  let follow = true;
  document.addEventListener('scroll', event => {
    const at = event.target;
    if (at instanceof Element && at.id === 'scroll') follow = at.scrollHeight - at.scrollTop - at.clientHeight < 80;
  }, true);
  new MutationObserver(() => {
    if (!waiting) { waiting = true; requestAnimationFrame(settle); }
  }).observe(document, { childList: true, subtree: true, characterData: true });
})();
