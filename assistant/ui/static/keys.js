// Keyboard shortcuts, as the help sheet lists them. Single keys never act while somebody types; Alt+Shift always does.
(() => {
  'use strict';
  const find = selector => document.querySelector(selector);
  const last = selector => [...document.querySelectorAll(selector)].pop();
  const SINGLE = 'steward-single-keys';
  const PLACES = {
    new: '#side .new', search: '#search input, #search textarea, #side input[type=search]', box: '#box textarea',
    stop: '#stop', list: '#top [data-fold=side]', help: '.menu [data-do=help]',
  };
  const DO = {
    new: () => press(find('#side .new')) || location.assign('/'),
    search: () => { document.body.classList.add('side-open'); focus(find(PLACES.search)); },
    box: () => focus(find('#box textarea')),
    stop: () => press(find('#stop')),
    copy: () => press(last('#app .answer [data-copy-answer]')),
    again: () => press(last('#past .answer [data-act=again]')),
    evidence: () => press(last('#app .answer .cite') || last('#app .answer [data-act=made]')),
    next: () => step(1),
    previous: () => step(-1),
    list: () => document.body.classList.toggle(window.innerWidth > 900 ? 'side-closed' : 'side-open'),
    pane: () => document.body.classList.toggle('proof-open'),
    help: () => { const sheet = find('#help'); if (sheet.open) sheet.close(); else sheet.showModal(); },
  };
  function press(button) {
    if (!button || button.disabled || !button.getClientRects().length && button.id === 'stop') return false;
    button.click();
    return true;
  }
  function focus(field) {
    if (field) { field.focus(); if (field.select && field.type === 'search') field.select(); }
  }
  function step(by) {
    const rows = [...document.querySelectorAll('#side .row[data-act=open]')];
    const at = rows.findIndex(row => row.hasAttribute('aria-current'));
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    if (row) { row.click(); row.scrollIntoView({ block: 'nearest' }); }
  }
  const single = () => { try { return localStorage.getItem(SINGLE) !== 'off'; } catch { return true; } };
  const typing = at => at instanceof Element && (at.matches('input, textarea, select') || at.isContentEditable);
  document.addEventListener('keydown', event => {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const sheet = find('#help');
    if (!sheet) return;
    let row = null;
    if (event.altKey && event.shiftKey) row = sheet.querySelector(`[data-code="${event.code}"]`);
    else if (!event.altKey && single() && !typing(event.target)) {
      row = [...sheet.querySelectorAll('[data-key]')].find(each => each.dataset.key === event.key);
    }
    if (!row || sheet.open && row.dataset.shortcut !== 'help') return;
    event.preventDefault();
    DO[row.dataset.shortcut]();
  });
  document.addEventListener('click', event => {
    const at = event.target instanceof Element ? event.target : null;
    if (!at) return;
    if (at.closest('[data-do=help]')) DO.help();
    if (at.id === 'help') at.close();
    document.querySelectorAll('details.menu[open]').forEach(menu => { if (!menu.contains(at)) menu.open = false; });
  });
  document.addEventListener('keydown', event => {
    const menu = event.key === 'Escape' && find('details.menu[open]');
    if (menu) { menu.open = false; menu.querySelector('summary').focus(); }
  });
  document.addEventListener('change', event => {
    if (event.target.id !== 'single-keys') return;
    try { localStorage.setItem(SINGLE, event.target.checked ? 'on' : 'off'); } catch { /* this visit only */ }
  });
  document.addEventListener('DOMContentLoaded', () => { if (find('#single-keys')) find('#single-keys').checked = single(); });

  // Tooltips name the shortcut of what they stand on; called whenever a page was drawn anew.
  window.stewardTooltips = () => {
    for (const [act, place] of Object.entries(PLACES)) {
      const row = find(`#help [data-shortcut=${act}]`);
      if (!row) continue;
      document.querySelectorAll(place).forEach(at => {
        if (at.dataset.keyed) return;
        at.dataset.keyed = '1';
        const keys = `Alt+Shift+${row.dataset.code.slice(3)}`;
        at.setAttribute('aria-keyshortcuts', keys);
        if (!at.title || at.title === at.textContent.trim()) at.title = `${row.cells[0].textContent} (${keys})`;
      });
    }
  };
})();
