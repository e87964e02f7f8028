"""How fast Barnabas is, how its cost grows, and how it carries a day's load: `python -m benchmarks --help`.

python -m benchmarks compare     beside Apache Kafka: same machine, same clients, one run (`make bench`)
python -m benchmarks growth      with more partitions, more connections, more data
python -m benchmarks workload    ten minutes in the shape of the day that the project is built for
python -m benchmarks profile W   where the time of one workload goes
python -m benchmarks report F…   the tables of docs/performance.md, from the files that `--json` wrote
"""
