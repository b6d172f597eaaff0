import { createParamDecorator } from '@nestjs/common';
import { actorOf } from './access.guard';
import type { Actor } from './actor';
import { requestOf } from './request-of';

/**
 * The acting party ({@link Actor}) as a parameter of a resolver or controller. Under `@Access('public')` it may be
 * null: type the parameter `Actor | null` there.
 */
export const CurrentParty = createParamDecorator<unknown>((_data, context): Actor | null =>
  actorOf(requestOf(context)),
);
