/** Importing this module builds the executable schema. */
import { builder } from './builder.ts';
import './scalars.ts';
import './projects.ts';
import './project-lists.ts';
import './prices.ts';
import './price-queries.ts';
import './candles.ts';
import './ido-pools.ts';
import './investments.ts';
import './user-files.ts';
import './users.ts';
import './accounts.ts';
import './investing.ts';
import './chat-queries.ts';
import './chat-mutations.ts';
import './subscriptions.ts';
import './node.ts';

export const schema = builder.toSchema();
