// The error summary is read first; its links go to the fields.
document.querySelector(".error-summary")?.focus();
