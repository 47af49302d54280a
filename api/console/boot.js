// Runs before the first paint: the chosen theme, so that a dark room is never lit by a white flash.
(function () {
  try {
    const theme = localStorage.getItem("packshot.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // no storage in this browser: the system's theme stays
  }
})();
