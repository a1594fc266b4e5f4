import type { Clock } from './clock';
import type { Settings } from './options';
import type { Task } from './tasks';
import type { AnswerShape } from './taskScript';
import { isObject } from './validation';

/** A link lives for 24 hours: `expires_at - completed` was 86,400 in every recording. */
export const LINK_LIFETIME_SECONDS = 86_400;

/**
 * A task as APIMart's status page shows it, keys in alphabetical order as in the recordings. `created` is
 * the time of day of the submit; `completed` is `created` plus the provider's seconds, so that their
 * difference is the generation time at any speed. `estimated_time` is in real seconds: clients wait by it,
 * unless told otherwise.
 */
export function taskObject(
	{ settings, clock, urls }: { settings: Settings; clock: Clock; urls: { files: string } },
	task: Task,
	language?: string,
): Record<string, unknown> {
	const created = Math.floor(task.createdMs / 1000);
	const answer: Record<string, unknown> = {
		created,
		estimated_time: estimatedSeconds(settings, task),
		id: task.id,
		progress: progressPercent(task, clock),
		status: statusWord(task, clock),
	};
	if (task.state !== 'running') {
		answer.completed = created + Math.round(task.elapsedSeconds ?? 0);
	}
	if (task.state === 'completed') {
		const costUsd = task.billedUsd ?? 0;
		answer.actual_time = Math.round(task.elapsedSeconds ?? 0);
		answer.cost = costUsd;
		answer.credits_cost = costUsd * 10;
		answer.result = {
			videos: [
				{
					expires_at: Number(answer.completed) + LINK_LIFETIME_SECONDS,
					url: [`${urls.files}/video/${task.fileName}`],
				},
			],
		};
	} else if (task.state === 'failed' && task.error !== undefined) {
		answer.error = translated(task.error, language);
	}
	return sorted(reshaped(answer, task.script.shapes ?? []));
}

/** The whole body of a status read. */
export function taskBody(task: Task, answer: Record<string, unknown>): unknown {
	const shapes = task.script.shapes ?? [];
	if (shapes.includes('task-bare')) return answer;
	return { code: 200, data: shapes.includes('task-array') ? [answer] : answer };
}

function statusWord(task: Task, clock: Clock) {
	if (task.state !== 'running') return task.script.endStatus ?? task.state;
	if (task.script.runningStatus !== undefined) return task.script.runningStatus;
	return progressPercent(task, clock) === 0 ? 'pending' : 'processing';
}

/** 0 for the first tenth of the time (waiting at the provider), then rising to 99; 100 at the end. */
function progressPercent(task: Task, clock: Clock) {
	if (task.state !== 'running') return 100;
	const elapsedSeconds = (clock.providerMs() - task.startedProviderMs) / 1000;
	const share = task.generationSeconds > 0 ? elapsedSeconds / task.generationSeconds : 1;
	const percent = share < 0.1 ? 0 : Math.min(99, Math.floor(share * 100));
	return Math.min(percent, task.script.stuckProgress ?? 99);
}

function estimatedSeconds({ generationSeconds, speed, estimates }: Settings, task: Task) {
	const seconds = typeof generationSeconds === 'number' ? generationSeconds : generationSeconds.max;
	const scale = estimates === 'clock' ? speed : 1;
	return Math.max(1, Math.ceil((task.script.generationSeconds === 0 ? 0 : seconds) / scale));
}

/** The other shapes that old pages, the article and public clients tell of. */
function reshaped(answer: Record<string, unknown>, shapes: AnswerShape[]) {
	const changed = { ...answer };
	const result = answer.result as { videos: Array<{ url: string[] }> } | undefined;
	if (shapes.includes('no-cost')) {
		delete changed.cost;
		delete changed.credits_cost;
	}
	if (shapes.includes('number-strings')) {
		for (const name of ['cost', 'credits_cost', 'progress']) {
			if (changed[name] !== undefined) changed[name] = String(changed[name]);
		}
	}
	if (!result) return changed;
	const [video] = result.videos;
	if (shapes.includes('no-videos')) changed.result = { videos: [] };
	if (shapes.includes('no-result')) delete changed.result;
	if (shapes.includes('url-string')) changed.result = { videos: [{ ...video, url: video.url[0] }] };
	if (shapes.includes('no-expiry')) changed.result = { videos: [{ url: video.url }] };
	if (shapes.includes('output-url')) {
		delete changed.result;
		changed.output_url = video.url[0];
	}
	return changed;
}

/** What Kling's moderation says, as independent projects have recorded it in 2026; APIMart translates it where it is asked to. */
export const CONTENT_REFUSED = '内容未通过平台风控，请修改提示词。';

/** `?language=` changes the message only, and only for what is known in that language. */
function translated(error: unknown, language?: string) {
	const sentence = REFUSED_IN[(language ?? '').trim().toLowerCase()];
	if (!sentence || !isObject(error) || error.message !== CONTENT_REFUSED) return error;
	return { ...error, message: sentence };
}

const REFUSED_IN: Partial<Record<string, string>> = {
	en: 'Failure to pass the risk control system',
	ja: 'コンテンツが安全システムにより拒否されました。プロンプトを修正してください。',
	ko: '콘텐츠가 안전 시스템에 의해 거부되었습니다. 프롬프트를 수정하세요.',
	ru: 'Содержимое отклонено системой безопасности. Измените запрос.',
	fr: 'Le contenu a été refusé par le système de sécurité. Modifiez le prompt.',
	de: 'Der Inhalt wurde vom Sicherheitssystem abgelehnt. Bitte ändere den Prompt.',
	id: 'Konten ditolak oleh sistem keamanan. Ubah prompt Anda.',
	pt: 'O conteúdo foi rejeitado pelo sistema de segurança. Edite o prompt.',
	es: 'El sistema de seguridad rechazó el contenido. Edita el prompt.',
};

function sorted(object: Record<string, unknown>) {
	return Object.fromEntries(
		Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1)),
	);
}
