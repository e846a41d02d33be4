# Shared by the scripts of this folder, which source it. Each of them also runs by itself.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Everything these scripts keep lies outside the tree.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/nestjs-sqs-celery

# vitest's flags that leave a report of this name for .ci/run to count.
report_flags() {
  if [[ -n ${CI_REPORTS:-} ]]; then
    printf '%s\n' --reporter=default --reporter=json "--outputFile.json=$CI_REPORTS/$1.json"
  fi
}

# A temporary folder that is gone when the script ends.
temporary_folder() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
}
