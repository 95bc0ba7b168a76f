"use strict";

// The pages of the API: everything comes from our own server.
const pages = document.getElementById("pages");
SwaggerUIBundle({
    url: pages.dataset.document,
    domNode: pages,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    persistAuthorization: false,
});
