import heroWording from '../content-models/hero-wording.cosmetic.manifest.json' with { type: 'json' };
import numericWeight from '../content-models/numeric-weight.breaking.manifest.json' with { type: 'json' };
import outdoorShop from '../content-models/outdoor-shop.manifest.json' with { type: 'json' };
import photoWording from '../content-models/photo-wording.cosmetic.manifest.json' with { type: 'json' };
import readingTime from '../content-models/reading-time.additive.manifest.json' with { type: 'json' };
import storePhone from '../content-models/store-phone.additive.manifest.json' with { type: 'json' };
import type { Scene } from './story.ts';

/** Seconds that the CMS asks to be left alone. */
const RETRY_AFTER_S = 3;

/** A team deploys the content model of shop and magazine, and not all goes well. */
export async function tellOfDeployments({ team, cms, progress }: Scene): Promise<void> {
  await progress.step('Import the content model', () =>
    team.takeIn(outdoorShop, 'ingrid', 'The model of shop and magazine'),
  );
  await progress.step('Deploy all of it', (note) =>
    team.deploy({ actor: 'ingrid', reason: 'First deployment of shop and magazine' }, { status: 'SUCCESS' }, note),
  );

  await progress.step('Additive: reading time, best months', async (note) => {
    const why = { actor: 'ingrid', reason: 'Articles tell their reading time, tours their best months' };
    const request = await team.change(readingTime, why, { ArticlePage: 'additive', TourPage: 'additive' });
    return team.deploy(request, { status: 'SUCCESS' }, note);
  });
  const additiveId = team.story.deploymentIds.at(-1)!;

  const toNumber = { actor: 'omar', reason: 'Weight as a number, so that products can be sorted by it' };
  const breaking = await team.change(numericWeight, toNumber, {
    ProductPage: 'breaking',
    Price: 'additive',
    commerce: 'cosmetic',
  });
  await progress.step('Breaking: weight from text to number', (note) => {
    const refused = { Price: 'NOT_APPLIED', ProductPage: 'DATA_LOSS_REFUSED' };
    return team.deploy(breaking, { status: 'PARTIAL', refused }, note);
  });
  await progress.step('The same, forced with a reason', (note) => {
    const reason = 'Editors agreed to enter the 14 weights again (SHOP-218)';
    return team.deploy({ ...breaking, reason, force: true }, { status: 'SUCCESS' }, note);
  });

  await progress.step(`CMS says 429, Retry-After: ${RETRY_AFTER_S}`, async (note) => {
    await cms.failNextPushes({ kind: 'status', status: 429, calls: 1, headers: { 'retry-after': `${RETRY_AFTER_S}` } });
    return team.deploy(
      { actor: 'nightly', reason: 'Nightly full deployment' },
      { status: 'SUCCESS', attempts: 2, waitedMs: [RETRY_AFTER_S * 1_000] },
      note,
    );
  });
  await progress.step('Gateway says 502, twice', async (note) => {
    const why = { actor: 'omar', reason: 'Editors look for "banner", not "hero"' };
    const request = await team.change(heroWording, why, { HeroBlock: 'cosmetic' });
    await cms.failNextPushes({ kind: 'html', status: 502, calls: 2 });
    return team.deploy(request, { status: 'SUCCESS', attempts: 3 }, note);
  });

  const phone = { actor: 'ingrid', reason: 'Stores tell their telephone number' };
  const phoneNumbers = await team.change(storePhone, phone, { StorePage: 'additive' });
  await progress.step('Outage: the CMS says 503', async (note) => {
    await cms.failNextPushes({ kind: 'status', status: 503, calls: 3 });
    return team.deploy(phoneNumbers, { status: 'FAILED', attempts: 3, refused: { StorePage: 'UNAVAILABLE' } }, note);
  });
  await progress.step('The same after the outage', (note) =>
    team.deploy({ ...phoneNumbers, reason: 'Once more, the CMS is back' }, { status: 'SUCCESS' }, note),
  );

  await progress.step('Applied, but three answers are lost', async (note) => {
    const why = { actor: 'omar', reason: 'Editors look for "photos", not "gallery"' };
    const request = await team.change(photoWording, why, { PhotoGallery: 'cosmetic' });
    await cms.failNextPushes({ kind: 'reset-after', calls: 3 });
    return team.deploy(request, { status: 'SUCCESS', attempts: 3, evidence: 'OBSERVED' }, note);
  });

  await progress.step('Pull: who edited behind our back?', async () => {
    const sponsor = { type: 'string', displayName: 'Sponsor' };
    await cms.editContentType('ArticlePage', 'marketing', { properties: { sponsor } });
    await cms.editContentType('StorePage', 'marketing', { displayName: 'Shop' });
    return team.pull('ingrid', 'Is the CMS what we left it?', { ArticlePage: 'different', StorePage: 'different' });
  });
  await progress.step('Adopt one edit', () =>
    team.adopt('StorePage', { actor: 'ingrid', reason: 'Customers say "shop", too' }),
  );
  await progress.step('Roll back the additive change', (note) => {
    const reason = 'The reading time confused readers, and nobody asked for a sponsor';
    const request = { actor: 'ingrid', reason, force: true, includeNewer: true };
    return team.rollBack(additiveId, request, { status: 'SUCCESS' }, note);
  });
}
