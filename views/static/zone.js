/** Says which time zone this browser is in, so that the times on its pages are its reader's. Nothing else knows it. */
const secure = location.protocol === 'https:';
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
// biome-ignore lint/suspicious/noDocumentCookie: the other way to set one is newer than the browsers that we are for
document.cookie = `${secure ? '__Host-' : ''}countersign-zone=${timeZone}; Path=/; Max-Age=31536000; SameSite=Lax${secure ? '; Secure' : ''}`;
