import type { RequestHandler } from 'express';
import type { Context } from './context';
import { documentedError, RefusalError } from './errors';
import { route } from './route';
import { taskBody, taskObject } from './taskAnswer';

/** `GET /v1/tasks/{id}`: 200 also for failed tasks; an unknown id is a 400, as documented. */
export function statusRoute(context: Context): RequestHandler {
	return route(context, {
		name: 'task',
		subject: ({ params }) => {
			const id = String(params.id);
			return { taskId: id, prompt: context.tasks.find(id)?.promptText };
		},
		moreFaults: ({ subject }) => {
			const task = context.tasks.find(subject.taskId ?? '');
			return task ? context.faults.takeWords('task', task.id, task.promptText) : [];
		},
		work: ({ subject, request, entry, account }) => {
			entry.taskId = subject.taskId;
			const task = context.tasks.find(subject.taskId ?? '');
			// Another key's task is as good as unknown.
			if (!task || task.account.key !== account.key) {
				throw new RefusalError(documentedError(400, 'Invalid task ID'));
			}
			const { language } = request.query;
			const { settings, clock, urls } = context;
			const shown = taskObject(
				task,
				settings,
				clock,
				urls.files,
				typeof language === 'string' ? language : undefined,
			);
			return { status: 200, body: taskBody(task, shown) };
		},
	});
}
