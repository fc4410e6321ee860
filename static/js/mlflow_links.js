// Follows the links that MLflow's clients print: <tracking URI>/#/experiments/7/runs/26c2fe…
const link = location.hash.match(/^#\/experiments\/(\d+)(?:\/runs\/([A-Za-z0-9_-]+))?$/);
if (link) {
  const [, experiment, run] = link;
  location.replace(run ? `/find/runs/${run}` : `/find/experiments/${experiment}`);
}
