#!/usr/bin/env bash
# Runs a command as MPI ranks, each in a network namespace of its own: as if each were a machine, joined by a switch whose
# links have the rate and the delay that are asked for. Needs root, iproute2 and Open MPI; leaves nothing behind.
#
#   bench/cluster/namespaces.sh <ranks> <rate> <delay> command …
#   bench/cluster/namespaces.sh 4 1gbit 0 node dist/bundle/train.js --mpi --threads 1 --epochs 3
#
# The rate is tc's (100mbit, 1gbit, …), or 0 for as fast as it goes; the delay of each link likewise (50us, 1ms), one way. A
# kernel without netem can limit no delay: then the script says so and stops, unless the delay is 0.
set -euo pipefail

[ $# -ge 4 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
ranks=$1 rate=$2 delay=$3
shift 3
[ "$(id -u)" = 0 ] || { echo "namespaces.sh: needs root, to make network namespaces" >&2; exit 1; }
for tool in ip tc mpirun; do
  command -v "$tool" > /dev/null || { echo "namespaces.sh: $tool is not installed" >&2; exit 1; }
done

name=lockstep-$$
folder=$(mktemp -d)
clean() {
  for ((i = 0; i <= ranks; i++)); do ip netns del "$name-$i" 2> /dev/null || true; done
  rm -rf "$folder"
}
trap clean EXIT

# The switch is a namespace, too.
ip netns add "$name-0"
ip -n "$name-0" link add switch type bridge
ip -n "$name-0" link set switch up
for ((i = 1; i <= ranks; i++)); do
  ip netns add "$name-$i"
  ip -n "$name-$i" link add eth0 type veth peer name "port$i" netns "$name-0"
  ip -n "$name-$i" addr add "10.77.0.$i/24" dev eth0
  ip -n "$name-$i" link set lo up
  ip -n "$name-$i" link set eth0 up
  ip -n "$name-0" link set "port$i" master switch up
  # Both ends: what a machine sends, and what the switch sends to it. A packet is to be of a network's size, not 64 KB.
  for end in "$name-$i eth0" "$name-0 port$i"; do
    read -r space device <<< "$end"
    ip netns exec "$space" ethtool -K "$device" tso off gso off gro off 2> /dev/null || true
    if [ "$delay" != 0 ]; then
      args=(delay "$delay" limit 100000)
      [ "$rate" = 0 ] || args+=(rate "$rate")
      tc -n "$space" qdisc add dev "$device" root netem "${args[@]}" ||
        { echo "namespaces.sh: this kernel's tc knows no netem, so there is no delay to be had; give 0" >&2; exit 1; }
    elif [ "$rate" != 0 ]; then
      tc -n "$space" qdisc add dev "$device" root tbf rate "$rate" burst 256kb latency 50ms
    fi
  done
  echo "10.77.0.$i slots=1"
done > "$folder/hosts"

# What stands for ssh: it goes into the namespace of the address.
cat > "$folder/enter" << END
#!/usr/bin/env bash
host=\$1
shift
exec ip netns exec "$name-\${host##*.}" sh -c "\$*"
END
chmod +x "$folder/enter"

# Where ranks share cores, one that waits is to make room for the others.
if [ "$ranks" -gt "$(nproc)" ]; then export OMPI_MCA_mpi_yield_when_idle=1; fi

# In the background, so that a signal to this script is handed on at once, and the namespaces go when the ranks have gone.
ip netns exec "$name-1" mpirun --allow-run-as-root --bind-to none -np "$ranks" --hostfile "$folder/hosts" \
  --mca plm_rsh_agent "$folder/enter" --mca btl tcp,self \
  --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 "$@" <&0 &
trap 'kill -TERM $! 2> /dev/null || true' INT TERM HUP
# (A signal ends the wait, not what is waited for.)
while status=0 && { wait $! || status=$?; } && kill -0 $! 2> /dev/null; do :; done
exit "$status"
