// What the chat page does in the browser: follow a running turn over its own stream, come back after a lost connection,
// the menu of a conversation, files to attach, zoom. What is shown and allowed is the server's business.
(() => {
  'use strict';
  const find = (selector, from = document) => from.querySelector(selector);
  document.cookie = `steward_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;SameSite=Lax;max-age=31536000`;

  // A turn: the server sends the whole answer as it stands, so that a lost or doubled message changes nothing.
  let source = null, following = '', ended = '', notBefore = 0;
  function follow(place) {
    const turn = place.dataset.turn;
    if (following === turn || ended === turn || Date.now() < notBefore) return;
    stopFollowing();
    following = turn;
    source = new EventSource(`/turns/${encodeURIComponent(turn)}/live`);
    source.onopen = () => offline(false);
    source.onmessage = message => {
      const { html, done } = JSON.parse(message.data);
      const here = find(`#live [data-turn="${CSS.escape(turn)}"]`);
      if (!here) return stopFollowing();
      const box = document.createElement('template');
      box.innerHTML = html;
      patch(find('.answer', here), box.content.firstElementChild);
      if (done) { ended = turn; stopFollowing(); resume(); }
    };
    source.onerror = () => {
      if (!source) return;
      if (source.readyState === EventSource.CLOSED) { notBefore = Date.now() + 3000; stopFollowing(); setTimeout(resume, 600); } else offline(true);
    };
  }
  function stopFollowing() {
    if (source) source.close();
    source = null;
    following = '';
  }
  function resume() {
    if (navigator.onLine !== false) find('#resume button')?.click();
  }
  function offline(is) {
    const doing = find('#live .doing'), words = find('#resume button')?.dataset.offline;
    if (is && doing && words) doing.lastChild.textContent = words;
  }
  window.addEventListener('online', () => { if (!source) setTimeout(resume, 300); });
  let hidden = 0;
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) hidden = Date.now();
    else if (hidden && Date.now() - hidden > 15000 && !source && find('#past [data-message]')) resume();
  });

  // Changes only what differs, so that a selection and the scroll position survive, and what is new can fade in.
  function patch(old, fresh) {
    if (!old || !fresh || old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.nodeType !== 1) { old.replaceWith(fresh); return; }
    if (old.nodeName === 'DETAILS' && old.open) fresh.open = true;
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const next = [...fresh.childNodes], now = [...old.childNodes];
    next.forEach((child, n) => {
      if (n < now.length) return patch(now[n], child);
      if (child.nodeType === 1) child.classList.add('fresh');
      old.append(child);
    });
    now.slice(next.length).forEach(child => child.remove());
  }

  // The menu of a conversation in the list.
  const menu = () => find('#row-menu');
  let row = null;
  function openMenu(button) {
    row = button;
    const box = menu(), place = button.getBoundingClientRect();
    box.querySelectorAll('[data-act]').forEach(b => { b.dataset.id = button.dataset.id; b.dataset.pinned = button.dataset.pinned; });
    box.querySelectorAll('span[data-pinned]').forEach(s => { s.hidden = s.dataset.pinned !== button.dataset.pinned; });
    box.querySelectorAll('[data-export]').forEach(a => { a.href = `/conversations/${encodeURIComponent(button.dataset.id)}/export.${a.dataset.export}`; });
    box.showPopover();
    const top = place.bottom + box.offsetHeight + 8 > innerHeight ? place.top - box.offsetHeight - 4 : place.bottom + 4;
    box.style.top = `${Math.max(8, top)}px`;
    box.style.left = `${Math.max(8, Math.min(place.right - 20, innerWidth - box.offsetWidth - 8))}px`;
    find('button, a', box).focus();
  }
  function openDialog(name) {
    const dialog = find(`#${name}-dialog`), form = find('form', dialog);
    form.dataset.id = row.dataset.id;
    if (form.elements.title) { form.elements.title.value = row.dataset.title; }
    const what = find('.what', dialog);
    if (what) what.textContent = row.dataset.title;
    dialog.showModal();
    form.elements.title?.select();
  }
  document.addEventListener('click', event => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    const more = at.closest('[data-menu]'), wanted = at.closest('[data-dialog]'), zoom = at.closest('[data-zoom]');
    if (more) openMenu(more);
    else if (at.closest('#row-menu button, #row-menu a')) menu().hidePopover();
    if (wanted) openDialog(wanted.dataset.dialog);
    if (at.closest('[data-shut]')) { at.closest('dialog')?.close(); at.closest('details')?.removeAttribute('open'); }
    if (zoom) {
      const leaf = zoom.closest('.leaf'), was = Number(leaf.dataset.scale || 1);
      leaf.dataset.scale = Math.max(1, Math.min(4, was * (zoom.dataset.zoom > 0 ? 1.4 : 1 / 1.4)));
      find('.paper', leaf).style.width = `${100 * leaf.dataset.scale}%`;
    }
    document.querySelectorAll('details.trust[open], details.rate[open]').forEach(d => { if (!d.contains(at)) d.open = false; });
    if (at.closest('.older, .row') && innerWidth > 900) return;
    if (at.closest('#proof [data-act=page], #proof [data-act=cite]')) document.body.classList.add('proof-open');
  });
  document.addEventListener('click', event => {
    const act = event.target instanceof Element && event.target.closest('button[data-act]');
    if (act && act.dataset.act === 'seen') document.body.classList.add('proof-open');
  }, true);
  document.addEventListener('submit', event => {
    const form = event.target;
    form.closest('dialog')?.close();
    if (form.dataset.act === 'edit') form.closest('details').open = false;
  });
  document.addEventListener('toggle', event => {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || !details.open) return;
    const field = find('form textarea, form input:not([type=checkbox])', details);
    if (field) { field.focus(); if (field.setSelectionRange) field.setSelectionRange(field.value.length, field.value.length); }
    if (details.matches('.edit, .rate, .ask')) details.scrollIntoView({ block: 'nearest' });
  }, true);
  document.addEventListener('keydown', event => {
    const at = event.target;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (at.closest?.('#row-menu')) {
        const items = [...menu().querySelectorAll('button, a')];
        items[(items.indexOf(at) + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length].focus();
        event.preventDefault();
      }
    }
    if (event.key === 'Enter' && !event.shiftKey && at.matches?.('.edit textarea') && !event.isComposing) {
      event.preventDefault();
      at.form.requestSubmit();
    }
    if (event.key === 'Escape') document.querySelectorAll('details.edit[open], details.rate[open], details.trust[open]').forEach(d => {
      d.open = false;
      if (d.contains(at)) find('summary', d).focus();
    });
  });

  // Files for this conversation: chosen, dropped or pasted; each is the body of a request of its own.
  let sending = 0;
  async function attach(files) {
    for (const file of files) {
      const note = progress(file.name);
      const here = new URLSearchParams(location.search).get('c') || '';
      const address = `/conversations/files?conversation=${encodeURIComponent(here)}&name=${encodeURIComponent(file.name)}`;
      sending += 1;
      try {
        const answer = await fetch(address, { method: 'POST', body: file });
        if (answer.status === 401) { location.assign('/sign-in?out=1'); return; }
        const said = await answer.json();
        note.remove();
        if (!answer.ok) { complain(said.detail); continue; }
        const button = find('#resume button');
        button.dataset.id = said.conversation;
        button.click();
        delete button.dataset.id;
        await new Promise(done => setTimeout(done, 250));
      } catch {
        note.remove();
        complain(find('#resume button').dataset.offline);
      } finally {
        sending -= 1;
      }
    }
  }
  function progress(name) {
    const note = document.createElement('p');
    note.className = 'reading';
    note.setAttribute('role', 'status');
    note.textContent = (find('#resume button').dataset.reading || '{name}').replace('{name}', name);
    find('#composer').insertBefore(note, find('#ask'));
    return note;
  }
  function complain(sentence) {
    find('#composer .alert.ours')?.remove();
    const note = document.createElement('p');
    note.className = 'alert ours';
    note.setAttribute('role', 'alert');
    note.textContent = sentence;
    find('#composer').insertBefore(note, find('#ask'));
    setTimeout(() => note.remove(), 9000);
  }
  document.addEventListener('change', event => {
    if (event.target.matches?.('#attach input[type=file]')) { attach([...event.target.files]); event.target.value = ''; }
  });
  const carries = event => [...event.dataTransfer?.types || []].includes('Files');
  document.addEventListener('dragover', event => {
    if (carries(event)) { event.preventDefault(); document.body.classList.add('dropping'); }
  });
  document.addEventListener('dragleave', event => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
  document.addEventListener('drop', event => {
    document.body.classList.remove('dropping');
    if (!carries(event)) return;
    event.preventDefault();
    attach([...event.dataTransfer.files]);
  });
  document.addEventListener('paste', event => {
    const files = [...event.clipboardData?.files || []];
    if (files.length && event.target.matches?.('#box textarea')) { event.preventDefault(); attach(files); }
  });

  new MutationObserver(() => {
    const place = find('#live [data-turn]');
    if (place) follow(place);
    else if (source) stopFollowing();
  }).observe(document, { childList: true, subtree: true });
})();
