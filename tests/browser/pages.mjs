// The addresses that are looked at. `first` finds the address on another page: the first link that begins with it.
export const VISITOR = [
  { path: '/' },
  { path: '/lectures' },
  { path: '/lectures?topic=rescue&sort=short' },
  { path: '/lectures?page=2' },
  { path: '/lectures/1' },
  { path: '/lectures/41', name: '/lectures/41, withdrawn', status: 410 },
  { path: '/booklets' },
  { path: '/booklets/fifty-questions' },
  { path: '/booklets/fifty-questions/1' },
  { path: '/booklets/record-handbook/2' },
  { path: '/booklets/fifty-questions/print' },
  { path: '/instructors' },
  { path: '/instructors/1' },
  { path: '/schools' },
  { path: '/schools/1' },
  { path: '/alliances/1' },
  { path: '/stories' },
  { first: '/stories/', on: '/stories' },
  { path: '/bases' },
  { first: '/bases/', on: '/bases' },
  { path: '/search' },
  { path: '/search?q=分水' },
  { path: '/search?q=分水&kind=lecture&topic=irrigation&length=5' },
  { path: '/search?q=分水&page=2' },
  { path: '/search?q=海市蜃楼' },
  { path: '/search?q=分水&kind=story' },
  { path: `/search?q=${'水'.repeat(61)}`, name: '/search, too long', status: 422 },
  { path: '/courses' },
  { path: '/courses/guanqu-yi-nian' },
  { path: '/courses/jiandang-dongxun-2025', name: '/courses/…, withdrawn', status: 410 },
  { path: '/v/2222-2222-2222-2222', status: 404 },
  { path: '/help' },
  { path: '/help/member' },
  { path: '/help/elder' },
  { path: '/help/admin' },
  { path: '/about' },
  { path: '/about/roles' },
  { path: '/feedback' },
  { path: '/sign-in' },
  { path: '/activate' },
  { path: '/no-such-page', status: 404 },
];

/** What only somebody signed in sees, by demonstration account. */
export const SIGNED_IN = {
  member: [
    { path: '/account' },
    { path: '/account/password' },
    { path: '/lectures/1' },
    { path: '/me' },
    { path: '/me/inbox' },
    { path: '/me/history' },
    { path: '/me/calendar' },
    { path: '/courses/huiyi-jilu' },
    { path: '/tests/1' },
    { path: '/events/1' },
  ],
  organizer: [
    { path: '/organize' },
    { path: '/organize/courses/new' },
    { path: '/organize/courses/1' },
    { path: '/organize/courses/1/sessions' },
    { path: '/organize/offerings/1' },
    { path: '/organize/offerings/1/participants' },
    { path: '/studio/booklets' },
    { path: '/studio/banks/1' },
    { path: '/review/courses' },
  ],
  member2: [{ path: '/account/factor' }],
  instructor: [
    { path: '/studio' },
    { path: '/studio/lectures/new' },
    { path: '/studio/lectures/1' },
    { path: '/studio/lectures/1/captions' },
  ],
  reviewer1: [{ path: '/review' }, { path: '/review/42' }],
  secretary: [
    { path: '/people' },
    { first: '/people/', on: '/people' },
    { path: '/events' },
    { path: '/events/new' },
    { path: '/viewings/new' },
    { path: '/branch/enrol' },
    { path: '/cases' },
  ],
  admin: [
    { path: '/admin' },
    { path: '/admin/audit' },
    { path: '/admin/feedback' },
    { path: '/admin/jobs' },
    { path: '/admin/calendar' },
    { path: '/admin/settings' },
    { path: '/admin/settings/help_phone' },
    { path: '/admin/settings/privacy_notice' },
    { path: '/admin/settings/logo' },
    { path: '/admin/settings/second_factor' },
  ],
};

export const nameOf = ({ name, path, first }) => name ?? path ?? `${first}…`;

/** The address of an entry, with a page of the reader who may see it. */
export async function addressOf(page, entry) {
  if (entry.path) return entry.path;
  await page.goto(entry.on);
  return page.locator(`main a[href^="${entry.first}"]`).first().getAttribute('href');
}
