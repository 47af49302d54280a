// Starts Swagger UI on this service's own description. Keys stay in the page: nothing is stored, nothing leaves.
const DARK = window.matchMedia("(prefers-color-scheme: dark)");

function followTheScheme() {
  document.documentElement.classList.toggle("dark-mode", DARK.matches); // Swagger UI's own class
}

window.addEventListener("DOMContentLoaded", () => {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
});

followTheScheme();
DARK.addEventListener("change", followTheScheme);
