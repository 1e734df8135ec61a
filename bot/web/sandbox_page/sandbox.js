// Inside the buyer's phone, the way back closes the sheet; anywhere else it is a plain link.
for (const link of document.querySelectorAll("a.back")) {
  link.addEventListener("click", (event) => {
    if (window.parent === window) return;
    event.preventDefault();
    window.parent.postMessage({ guichet: "back" }, window.location.origin);
  });
}
// A button pressed twice is one press: the second would only be answered with the same page.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", () => {
    for (const button of document.querySelectorAll("form button")) button.disabled = true;
  });
}
// Coming back with the browser's arrow shows the page as it is now, not as it was.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
