# Runs standin_powercap around a shell that reads the counter twice, half a second apart, and compares the
# difference with the power that was asked for: at least 0.45 s of 40 W, and as much as the truth at most.
file(REMOVE_RECURSE "${SCRATCH}")
execute_process(
  COMMAND "${STANDIN}" "${SCRATCH}" intel-rapl:0 package-0 power=40W intel-rapl:0:0 dram power=5W --
    /bin/sh -c "f=$FRUGAL_SYSFS/class/powercap/intel-rapl:0/energy_uj; a=$(cat $f); sleep 0.5; b=$(cat $f); echo $((b - a)); exit 7"
  OUTPUT_VARIABLE moved RESULT_VARIABLE status)
if(NOT status EQUAL 7)
  message(FATAL_ERROR "the exit status of the command is 7, not ${status}")
endif()
file(READ "${SCRATCH}/truth" truth)
if(NOT truth MATCHES "intel-rapl:0 ([0-9]+)\\.[0-9]+ J [0-9.]+ s\nintel-rapl:0:0 ([0-9]+)\\.")
  message(FATAL_ERROR "the truth is not told: ${truth}")
endif()
math(EXPR most "(${CMAKE_MATCH_1} + 1) * 1000000")
string(STRIP "${moved}" moved)
if(moved LESS 18000000 OR moved GREATER most)
  message(FATAL_ERROR "the counter moved by ${moved} uJ; 18000000 to ${most} were expected")
endif()
