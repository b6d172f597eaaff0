import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { WardAccess } from '@aceso/identity';
import { STATEMENT, WARD, wardWish } from '@aceso/identity/api';
import { Database } from '@aceso/platform';
import { Access, CurrentParty, type Actor } from '@aceso/platform/graphql';
import { PermissionService } from '../permission.service';
import {
  AccessCategoryInput,
  AccessExplanationType,
  AccessPurpose,
  AccessSubjectInput,
  PermissionRulesSetType,
  PermissionRulesType,
  toCategory,
  toPermissionRules,
  toSubject,
  type AccessEffect,
} from './permission.type';

/** A patient's rules, for its own eyes. */
@Access('patient')
@Resolver()
export class PermissionResolver {
  constructor(
    private readonly database: Database,
    private readonly permissions: PermissionService,
    private readonly wards: WardAccess,
  ) {}

  @Mutation(() => PermissionRulesSetType, {
    description: 'Puts the signed rules in the place of all that the acting patient had before, at once.',
  })
  async setPermissionRules(
    @CurrentParty() actor: Actor,
    @Args('statement', STATEMENT) statement: string,
  ): Promise<PermissionRulesSetType> {
    return this.database.transaction('api', (tx) => this.permissions.record(tx, actor, statement));
  }

  @Query(() => PermissionRulesType, { description: 'The rules of the acting patient, or of its ward.' })
  async myPermissionRules(
    @CurrentParty() actor: Actor,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<PermissionRulesType> {
    const wish = wardWish(ward, { scope: 'both', looksAt: 'rules' });
    return toPermissionRules(await this.wards.run(actor, wish, (tx, acting) => this.permissions.ownRules(tx, acting)));
  }

  @Query(() => AccessExplanationType, {
    description:
      'What the rules of the acting patient, or of its ward, decide now: for whom, on what, for what purpose, and by which rule.',
  })
  async explainAccess(
    @CurrentParty() actor: Actor,
    @Args('subject', { type: () => AccessSubjectInput, description: 'Who would ask.' }) subject: AccessSubjectInput,
    @Args('category', { type: () => AccessCategoryInput, description: 'Which kind of records.' })
    category: AccessCategoryInput,
    @Args('purpose', { type: () => AccessPurpose, description: 'What for.' }) purpose: AccessPurpose,
    @Args('write', { type: () => Boolean, defaultValue: false, description: 'True to ask about writing.' })
    write: boolean,
    @Args('ward', WARD) ward?: string | null,
  ): Promise<AccessExplanationType> {
    const asked = {
      subject: toSubject(subject),
      category: toCategory(category),
      purpose,
      act: write ? ('write' as const) : ('read' as const),
    };
    const wish = wardWish(ward, { scope: 'both', looksAt: 'rules' });
    const { decision, sentence } = await this.wards.run(actor, wish, (tx, acting) =>
      this.permissions.explain(tx, acting, asked),
    );
    return { effect: decision.effect as AccessEffect, rule: decision.rule?.number ?? null, sentence };
  }
}
