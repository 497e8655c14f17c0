// The look that the reader chose in this browser, before anything is drawn; and the page for when the server is away.
(() => {
  'use strict';
  const root = document.documentElement, KEPT = 'steward-look';
  const chosen = () => { try { return localStorage.getItem(KEPT) || 'system'; } catch { return 'system'; } };
  function show() {
    const look = chosen();
    if (look === 'system') delete root.dataset.look; else root.dataset.look = look;
    document.querySelectorAll('[data-set-look]').forEach(button => {
      const on = String(button.dataset.setLook === look);
      if (button.getAttribute('aria-pressed') !== on) button.setAttribute('aria-pressed', on);
    });
  }
  show();
  // Gradio sets the language of the page to the browser's; ours is the reader's own choice.
  new MutationObserver(() => {
    if (root.dataset.language && root.lang !== root.dataset.language) root.lang = root.dataset.language;
  }).observe(root, { attributes: true, attributeFilter: ['lang'] });
  window.stewardLook = show;
  document.addEventListener('DOMContentLoaded', show);
  document.addEventListener('click', event => {
    const button = event.target instanceof Element && event.target.closest('[data-set-look]');
    if (!button) return;
    try { localStorage.setItem(KEPT, button.dataset.setLook); } catch { /* this visit only */ }
    show();
  });
  window.addEventListener('storage', event => { if (event.key === KEPT) show(); });
  if ('serviceWorker' in navigator && window.isSecureContext) navigator.serviceWorker.register('/sw.js').catch(() => {});
})();
