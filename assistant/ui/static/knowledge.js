// What the Knowledge page needs in the browser: files on their way to the server, boxes that are ticked, filters that act
// at once, the address of where one is, and focus on what has just been opened. What may be seen is decided by the
// server at every event; words come from the page.
(() => {
  'use strict';
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const AT_ONCE = 3;

  // Files are sent one by one, a few at a time. Their rows stay while another section is open.
  const waiting = [], rows = document.createElement('ul');
  rows.className = 'rows';
  let sending = 0, told = 0;
  function offer(files, form) {
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === 'string' && value));
    if (form.dataset.replaces) given.replaces = form.dataset.replaces;
    const list = find('[data-sending]', form);
    const words = { cancel: list.dataset.cancel, lost: list.dataset.lost };
    (form.dataset.replaces ? [...files].slice(0, 1) : [...files]).forEach(file => waiting.push(row(file, given, words)));
    next();
  }
  function row(file, given, words) {
    const item = rows.appendChild(document.createElement('li'));
    item.className = 'file';
    const name = item.appendChild(document.createElement('span'));
    name.className = 'name';
    name.textContent = file.name;
    const bar = item.appendChild(document.createElement('progress'));
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute('aria-label', file.name);
    const stop = item.appendChild(document.createElement('button'));
    stop.type = 'button';
    stop.className = 'quiet';
    stop.textContent = words.cancel;
    const sent = { file, given, words, item, bar, request: null, dropped: false };
    stop.addEventListener('click', () => {
      sent.dropped = true;
      if (sent.request) sent.request.abort();
      item.remove();
    });
    return sent;
  }
  function next() {
    while (sending < AT_ONCE && waiting.length) {
      const sent = waiting.shift();
      if (!sent.dropped) send(sent);
    }
  }
  function send(sent) {
    sending += 1;
    const request = sent.request = new XMLHttpRequest();
    request.open('POST', `/knowledge/files?${new URLSearchParams({ name: sent.file.name, ...sent.given })}`);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.addEventListener('progress', event => { sent.bar.value = event.loaded; });
    request.addEventListener('loadend', () => {
      sending -= 1;
      if (request.status === 401) location.assign('/sign-in?out=1');
      else if (request.status === 429) setTimeout(() => { waiting.unshift(sent); next(); }, 700);
      else if (request.status === 200) { sent.item.remove(); look(); }
      else if (!sent.dropped) failed(sent, request);
      next();
    });
    request.send(sent.file);
  }
  function failed(sent, request) {
    let why = sent.words.lost;
    try { why = JSON.parse(request.responseText).detail || why; } catch { /* not one of our answers */ }
    sent.bar.remove();
    const said = sent.item.appendChild(document.createElement('p'));
    said.className = 'why bad';
    said.setAttribute('role', 'alert');
    said.textContent = why;
  }
  function look() {
    clearTimeout(told);
    told = setTimeout(() => { const button = find('#coming-in [data-act=look]'); if (button) button.click(); }, 120);
  }
  window.addEventListener('beforeunload', event => { if (sending || waiting.length) event.preventDefault(); });

  // A folder that is dropped gives its files, and those of the folders in it.
  async function unfold(entry) {
    if (!entry) return [];
    if (entry.isFile) return [await new Promise((done, no) => entry.file(done, no))];
    const reader = entry.createReader(), found = [];
    for (;;) {
      const some = await new Promise((done, no) => reader.readEntries(done, no));
      if (!some.length) return found;
      for (const each of some) found.push(...await unfold(each));
    }
  }
  const zone = event => (event.target instanceof Element && event.target.closest('[data-drop]')) || find('#head [data-drop]');
  const carries = event => event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  document.addEventListener('dragover', event => {
    if (!carries(event)) return;
    event.preventDefault();
    const form = zone(event);
    if (form) form.classList.add('over');
  });
  document.addEventListener('dragleave', event => {
    if (!event.relatedTarget) all('[data-drop].over').forEach(form => form.classList.remove('over'));
  });
  document.addEventListener('drop', async event => {
    if (!carries(event)) return;
    event.preventDefault();
    all('[data-drop].over').forEach(form => form.classList.remove('over'));
    const form = zone(event);
    if (!form) return;
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const plain = [...event.dataTransfer.files];
    const files = entries.some(entry => entry && entry.isDirectory)
      ? (await Promise.all(entries.map(unfold))).flat() : plain;
    offer(files, form);
  });

  // Ticked boxes; filters act at once.
  function count() {
    const ticked = all('input[name^="pick."]:checked').length, said = find('[data-ticked]');
    if (said) said.textContent = ticked ? `${ticked} ${said.dataset.words}` : '';
  }
  let typing = 0;
  document.addEventListener('change', event => {
    const at = event.target;
    if (!(at instanceof Element)) return;
    if (at.matches('[data-files]')) { offer(at.files, at.closest('form')); at.value = ''; }
    if (at.matches('[data-every]')) all('input[name^="pick."]').forEach(box => { box.checked = at.checked; });
    if (at.matches('[data-every], input[name^="pick."]')) count();
    if (at.matches('form[data-auto] select')) at.form.requestSubmit();
  });
  document.addEventListener('input', event => {
    const at = event.target;
    if (!(at instanceof Element) || !at.matches('form[data-auto] input[type=search]')) return;
    clearTimeout(typing);
    typing = setTimeout(() => at.form && at.form.requestSubmit(), 300);
  });

  // Another section or document: its address goes into the history, its heading takes the focus.
  let address = null, where = null, asked = null, due = false;
  function settle() {
    due = false;
    const list = find('[data-sending]');
    if (list && rows.parentElement !== list) list.append(rows);
    const confirm = find('[data-confirm] h2');
    if (confirm && confirm !== asked) confirm.focus();
    asked = confirm;
    const here = find('#body [data-address]');
    if (!here || (here.dataset.address === address && here.dataset.where === where)) return;
    const first = where === null, moved = here.dataset.where !== where;
    ({ address, where } = here.dataset);
    history[moved && !first ? 'pushState' : 'replaceState'](null, '', address === '?' ? location.pathname : address);
    const save = find('[data-export]');
    if (save) save.href = `/knowledge/documents.csv${address}`;
    if (first || !moved) return;
    const heading = find('#head h1'), scroll = find('#scroll');
    if (heading) heading.focus({ preventScroll: true });
    if (scroll) scroll.scrollTop = 0;
  }
  window.addEventListener('popstate', () => location.reload());
  new MutationObserver(() => {
    if (!due) { due = true; requestAnimationFrame(settle); }
  }).observe(document, { childList: true, subtree: true });
})();
