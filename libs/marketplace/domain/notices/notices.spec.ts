import { sha256 } from '@aceso/platform';
import { CURRENT_NOTICE, noticeHash, noticeOf } from '.';

describe('the notice that patients read', () => {
  it('is found by its hash', () => {
    expect(noticeOf(noticeHash(CURRENT_NOTICE, sha256), sha256)).toBe(CURRENT_NOTICE);
    expect(noticeOf('0'.repeat(64), sha256)).toBeUndefined();
  });

  it('is the text that grants of version 1 name: a change is a new file', () => {
    expect(noticeHash(CURRENT_NOTICE, sha256)).toMatchInlineSnapshot(
      `"d92e89af3df211f7d2365124c4d6022f419437a2df1649f8f219335671b74c31"`,
    );
  });

  it('says that there is payment, and what cannot be undone', () => {
    expect(CURRENT_NOTICE.text).toContain('There is payment');
    expect(CURRENT_NOTICE.text).toMatch(/after the first download the data that left cannot be called back/i);
    expect(CURRENT_NOTICE.text).toMatch(/do not answer .* counts as no/s);
  });

  it('speaks of compensation, and promises no anonymity', () => {
    expect(CURRENT_NOTICE.text).toContain('compensation');
    expect(CURRENT_NOTICE.text).not.toMatch(/\b(sell|sold|sale|price|anonym)/i);
    expect(CURRENT_NOTICE.text).toContain('de-identified data with measured risk');
  });
});
