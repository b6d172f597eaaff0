import { ApiRefusal } from '../aceso-client';
import { refusalOf, requireShown } from './shown';

const NOT_SHOWN = expect.objectContaining({ code: 'DEMO_STEP_NOT_SHOWN' });

it('lets a step go on that shows what it says, and ends the demo otherwise', () => {
  expect(() => requireShown(true, 'the sun shines')).not.toThrow();
  expect(() => requireShown(false, 'the sun shines')).toThrow(NOT_SHOWN);
});

it('gives the refusal of an act, and ends the demo where it was done or failed in another way', async () => {
  const refused = new ApiRefusal('NO_DATA', 'there is no data that you may see');
  await expect(refusalOf(Promise.reject(refused), 'a look')).resolves.toBe(refused);
  await expect(refusalOf(Promise.resolve({}), 'a look')).rejects.toEqual(NOT_SHOWN);
  await expect(refusalOf(Promise.reject(new TypeError('fetch failed')), 'a look')).rejects.toThrow('fetch failed');
});
