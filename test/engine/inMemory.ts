/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/** To be imported before the harness: n8n without a store for files, as it is by default. They are in the items, as base64. */
process.env.TEST_BINARY_DATA_MODE = 'default';
