/* eslint-disable @n8n/community-nodes/no-restricted-globals */
/**
 * `npm run bench:polling`: how often schedules of status requests ask, and how late they notice a finished clip. Prints the tables
 * and writes them and the plot into docs/. Two seconds, the same figures in every run.
 */
import { writePages } from '../pages';
import { pagesOf } from './report';
import { study, tablesOf } from './study';

const figures = study();
process.stdout.write(`${tablesOf(figures)}\n`);
void writePages(pagesOf(figures));
