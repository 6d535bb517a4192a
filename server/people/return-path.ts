/** Where somebody goes after signing in: a path of ours, never an address elsewhere, which would lend our name to a phisher. */
export function returnPath(path: unknown): string {
  return typeof path === 'string' &&
    /^\/(?:interaction|r|agents|inbox|tasks|settings|receipts|admin)(?:\/[A-Za-z0-9_~.-]+)*$/.test(path) &&
    !path.includes('..') &&
    !path.startsWith('/admin/api')
    ? path
    : '/inbox';
}
