/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * What `npm start` does beside the installation of this repository's dependencies; so nothing here needs one of them. Where it
 * fails, `npm start` tries again and says why.
 */
import { installN8n } from './install';

void installN8n().catch(() => process.exit(1));
