/* eslint-disable @n8n/community-nodes/no-restricted-globals */
import { DEFAULT_N8N_VERSION } from '../../host/install';

const isVersion1 = (process.env.N8N_VERSION || DEFAULT_N8N_VERSION).startsWith('1.');

/** Sleeping needs n8n 2; of version 1 it is only asked that the node refuses. */
export const describeOnN8n2 = isVersion1 ? describe.skip : describe;
export const testOnN8n1 = isVersion1 ? test : test.skip;
