export const ALL_FILES_TAG = 'files';

/**
 * The tags by which caches in front purge a file: `files`, and its owner, `project:<id>` or `user:<id>`. The id is
 * percent-encoded, since a tag has neither spaces nor commas (developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags).
 * A logo's name never ends in `-banner`: no key is made for one of such a project.
 *
 * @param key of a public file
 */
export function cacheTagsOf(key: string): string[] {
  const [root = '', kind = '', third = ''] = key.split('/');
  const name = third.replace(/(?:-banner)?\.[^.]*$/, '');
  if (root === 'projects')
    return [ALL_FILES_TAG, `project:${encodeURIComponent(kind === 'logos' ? name : third)}`];
  if (root === 'users') return [ALL_FILES_TAG, `user:${encodeURIComponent(name)}`];
  return [ALL_FILES_TAG];
}
